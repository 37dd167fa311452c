import TensorIR

/// Algebra on packed factors as tensor nodes.
struct KroneckerStepLowering {
    let graph: TensorGraph
    let operators: OperatorGraph

    func lower(_ step: KroneckerStep, _ operands: [Node]) throws -> Node {
        switch step {
        case .eigen(let options):
            return try graph.append(SymmetricEigen(operators.layouts[options]!.matrices), operands[0])
        case .nearestFactors(let options):
            let parts = try operands.count == 1 ? operands[0] : graph.concatenate(operands, axis: 0)
            return try graph.append(operators.rearrangements[options]!.nearest, parts)
        case .averagedCorrections(let options):
            return try graph.append(
                EigenspaceMeans(operators.layouts[options]!.eigenspaces, tolerance: operators.eigenspaceTolerance),
                operands[0],
                operands[1])
        case .product(let product):
            let algebra = algebra(product.options, Array(operands.dropLast()), hasEigen: product.needsEigen)
            return try algebra.product(product.mode, operands.last!)
        case .function(let function, let product):
            guard case .spectral(let spectral) = product.mode else {
                preconditionFailure("\(product) is no function of its curvature")
            }
            let hasEigen = function.needsEigen || product.needsEigen
            return try algebra(product.options, operands, hasEigen: hasEigen).value(function, of: spectral)
        case .factors, .rearrangements, .rearrangedProducts, .corrections, .loaded:
            preconditionFailure("\(step) comes from elsewhere")
        }
    }

    private func algebra(_ options: KroneckerOptions, _ packed: [Node], hasEigen: Bool) -> KroneckerAlgebra {
        let isCorrected = options.form == .ekfac
        return KroneckerAlgebra(
            graph: graph, layout: operators.layouts[options]!, shapes: operators.parameterShapes, factors: packed[0],
            eigen: hasEigen || isCorrected ? packed[1] : nil, corrections: isCorrected ? packed[2] : nil)
    }
}
