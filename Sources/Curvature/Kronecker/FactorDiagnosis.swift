import Kernels

/// Why what was made of Kronecker factors is not finite: which factor is to blame, and of which parameter.
struct FactorDiagnosis {
    let plan: Plan
    let values: ValueStore

    /// nil where no factor is.
    func firstCause() -> String? {
        let names = plan.problem.parameters.map(\.name)
        let inverted = invertedAsTheyAre
        for value in plan.stored {
            guard let (part, options) = plan.operators[value].factorPart else { continue }
            for piece in plan.operators.layouts[options]!.pieces(part, names: names) {
                let operand = values[value].slice(from: piece.start, sizes: piece.shape)
                guard operand.firstNonFinite == nil else {
                    return part == .eigen
                        ? "\(piece.text) in \(options) has no eigendecomposition"
                        : "\(piece.text) in \(options) has one"
                }
                let isInverted = inverted.contains { $0.form == .ekfac ? $0 == options : $0.factors == options }
                if isInverted, piece.isSpectrum, isSingular(operand.doubles, sizes: piece.shape) {
                    return "\(piece.text) in \(options) is singular, which 'damping' or a multiple of 'identity' mends"
                }
            }
        }
        return nil
    }

    /// Operators whose inverses, or negative powers, are taken without damping.
    private var invertedAsTheyAre: Set<KroneckerOptions> {
        var inverted: Set<KroneckerOptions> = []
        for value in plan.operators.reachable(from: plan.roots) {
            switch plan.operators[value] {
            case .kronecker(.product(let product), _), .kronecker(.function(_, let product), _):
                guard case .spectral(let function) = product.mode, function.shift == 0, function.exponent < 0 else {
                    continue
                }
                inverted.insert(product.options)
            default: continue
            }
        }
        return inverted
    }

    /// As ``KroneckerAlgebra`` has it: an eigenvalue that is nothing beside the number of them times the largest.
    private func isSingular(_ eigenvalues: [Double], sizes: [Int]) -> Bool {
        let largest = eigenvalues.reduce(0) { max($0, abs($1)) } * Double(sizes.max() ?? 1)
        guard largest > 0 else { return true }
        return eigenvalues.contains { value in
            let beside = 1 + value / largest
            return plan.options.precision == .float32 ? Float(beside) == 1 : beside == 1
        }
    }
}
