/// Decides how an inverse is applied where the request leaves it open. What has a closed form was rewritten before; a symmetric operator that
/// is left is solved by conjugate gradients on its own products.
package struct ChooseSolver: Rule {
    package let name = "choose-solver"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        roots = graph.rewrite(roots) { graph, value in
            guard case .iteration(var iteration) = graph[value], case .solve(var options) = iteration.task,
                options.solver == .auto
            else { return value }
            options.solver = .cg
            iteration.task = .solve(options)
            let reason =
                options.isPositiveDefinite
                ? "the operator is symmetric and positive definite"
                : "the operator is symmetric; negative curvature would be reported"
            rewrites.append(Rewrite(rule: name, before: graph.text(value), after: "solver=cg: \(reason)"))
            return graph.intern(.iteration(iteration), graph.kind(value))
        }
        return rewrites
    }
}
