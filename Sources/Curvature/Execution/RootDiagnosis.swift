/// Whether a value that is not finite may come of a root of an operator with negative eigenvalues.
struct RootDiagnosis {
    let plan: Plan

    /// nil where nothing in the plan takes a root.
    func possibleCause() -> String? {
        for value in plan.operators.reachable(from: plan.roots) {
            let exponent: Double? =
                switch plan.operators[value] {
                case .elementary(.power(let exponent), _): exponent
                case .kronecker(.product(let product), _), .kronecker(.function(_, let product), _):
                    if case .spectral(let function) = product.mode { function.exponent } else { nil }
                default: nil
                }
            guard let exponent, exponent != exponent.rounded() else { continue }
            return
                "perhaps an operator has negative eigenvalues, of which power(A, \(NumberText.text(of: exponent))) takes roots; a multiple of identity mends that"
        }
        return nil
    }
}
