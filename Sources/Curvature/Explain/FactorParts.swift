import Kernels
import TensorIR

/// Makes the document's parts about Kronecker-factored operators: which parameter has which block, and why.
extension Plan {
    var factorsParts: [PlanDocument.FactorsPart]? {
        let products = Set(operators.reachable(from: roots).flatMap { operators[$0].kroneckerOptions })
        let parts = products.sorted { $0.description < $1.description }.map { factorsPart($0) }
        return parts.isEmpty ? nil : parts
    }

    private func factorsPart(_ options: KroneckerOptions) -> PlanDocument.FactorsPart {
        let layout = operators.layouts[options]!
        let isDecomposed = operators.reachable(from: roots).contains {
            if case .kronecker(.eigen(options.factors), _) = operators[$0] { true } else { false }
        }
        let inverses = operators.reachable(from: roots).flatMap { value in
            guard case .kronecker(.inverses(let product), _) = operators[value], product.options == options else {
                return [InverseLayout]()
            }
            return [product.inverses(layout)]
        }
        var decomposed: Set<Int> = []
        let blocks = layout.blocks.enumerated().map { number, block in
            let own = block.factors.compactMap(\.self).filter {
                $0.eigen.map { decomposed.insert($0).inserted } ?? false
            }
            let eigen = own.reduce(0) { $0 + SymmetricEigen.Matrix(offset: 0, size: $1.size).flops }
            let inverted = inverses.flatMap(\.matrices).filter { $0.block == number }
            let cholesky = inverted.reduce(0) { $0 + DampedInverseKernel.flops(order: $1.matrix.size) }
            return PlanDocument.BlockPart(
                parameters: block.parameters.map { problem.parameters[$0].name }, form: block.formName,
                sizes: block.sizes(problem.parameters[block.parameters[0]].count), reason: block.reason(options),
                decompositionFlops: (isDecomposed ? eigen : 0) + cholesky)
        }
        let columns = options.columns(problem.shape)
        let isWide = options.sendsRoots && problem.shape.outputs > KroneckerOptions.manyOutputs
        return PlanDocument.FactorsPart(
            operator: "\(options)", columns: columns,
            bytes: 8
                * ((1 + options.mixture.count) * layout.count + (isDecomposed ? layout.eigenCount : 0)
                    + inverses.reduce(0) { $0 + $1.count }
                    + (options.form == .ekfac ? layout.correctionCount : 0)),
            blocks: blocks,
            warning: isWide
                ? "fisher=type2 sends \(FigureText.count(columns)) columns back for each example; fisher=mc sends \(options.samples)"
                : nil)
    }
}

extension Quantity {
    /// Of Kronecker-factored operators that are applied, or asked about.
    fileprivate var kroneckerOptions: [KroneckerOptions] {
        switch self {
        case .kronecker(.product(let product), _), .kronecker(.function(_, let product), _): [product.options]
        case .kronecker(.productTrace(let first, let second), _): first.options + second.options
        case .kronecker(.sumNorm(let sum), _): sum.options
        default: []
        }
    }
}

extension KroneckerOptions {
    /// Beyond so many outputs, columns for all of them are worth a warning.
    fileprivate static let manyOutputs = 1000

    /// Whether columns of a root of the loss's Hessian are sent back.
    fileprivate var sendsRoots: Bool {
        mixture.isEmpty ? fisher == .type2 : mixture.contains { $0.options.sendsRoots }
    }

    /// Vectors that are sent back for each example.
    fileprivate func columns(_ shape: ProblemShape) -> Int {
        if !mixture.isEmpty { return mixture.reduce(0) { $0 + $1.options.columns(shape) } }
        let apart = form == .kfoc ? shape.terms : 1
        return switch fisher {
        case .type2: shape.outputs * apart
        case .empirical: apart
        case .mc: samples
        case .forwardOnly: 0
        }
    }
}

extension FactorLayout.Block {
    fileprivate var formName: String {
        switch form {
        case .kronecker: "kronecker"
        case .single(let factor?, _): factor.isDiagonal ? "diagonal" : "full"
        case .single(nil, _): "identity"
        }
    }
    fileprivate func sizes(_ entries: Int) -> [Int] {
        switch form {
        case .kronecker(_, _, let outputs, let input, _): [outputs, input.size]
        case .single: [entries]
        }
    }
    fileprivate func reason(_ options: KroneckerOptions) -> String {
        let often = uses == 1 ? "" : ", used \(uses) times"
        switch (role, form) {
        case (.affine, .kronecker(_, _, _, _, let isJoint)):
            return (isJoint ? "a matrix with its bias as last column" : "a matrix") + often
        case (.table, _): return "a table, whose rows are picked by index" + often
        case (.affine, .single), (.bias, _): return "a bias, which is added to outputs" + often
        case (.unused, _): return "predictions do not depend on it"
        case (.elementwise, .single(let factor?, _)):
            return "every entry has a gradient of its own" + often
                + (factor.isDiagonal ? "; \(FigureText.count(factor.size)) are too many for a full block" : "")
        case (.elementwise, _): return "every entry has a gradient of its own" + often
        }
    }
}
