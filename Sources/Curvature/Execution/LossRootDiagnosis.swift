/// Whether a value that is not finite may come of a loss of one's own whose Hessian at the outputs has no root.
struct LossRootDiagnosis {
    let plan: Plan

    /// nil where nothing in the plan takes the root of such a loss's Hessian.
    func possibleCause() -> String? {
        guard case .custom(let loss) = plan.problem.loss.function,
            plan.requests.contains(where: { $0.expression.takesLossRoot })
        else { return nil }
        return
            "perhaps the Hessian of loss \(OneLine.quoted(loss.name)) at the outputs is not positive semidefinite everywhere, so that it has no root; products with ggn, fisher=empirical and method=hutchinson do without"
    }
}
