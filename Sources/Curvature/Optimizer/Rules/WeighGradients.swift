/// Where each example has one loss term, empirical_fisher @ v is the gradient's backward sweep with example n weighed by g_n^T v, and that number is
/// a sum over layers of what passes by: no tangent sweep, and no backward sweep but the gradient's own.
///
/// A term that shares its sweep with a Hessian or GGN product already costs nothing and is left there.
package struct WeighGradients: Rule {
    package let name = "weigh-gradients"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        roots = graph.rewrite(roots) { graph, value in
            guard case .pullback(let terms) = graph[value] else { return value }
            var hasFisher = false
            for term in terms {
                switch term.source {
                case .empiricalFisher: hasFisher = true
                case .gradient: break
                default: return value
                }
            }
            guard hasFisher else { return value }
            let reason =
                graph.shape.terms > 1
                ? "an example has \(graph.shape.terms) terms, each with a gradient of its own"
                : graph.examplesMeet ? "the model's examples meet, so that a gradient has no part for each" : nil
            let after = reason == nil ? graph.intern(.weighedGradient(terms), graph.kind(value)) : value
            rewrites.append(
                Rewrite(
                    rule: name, before: graph.text(value),
                    after: reason == nil ? "\(graph.text(value)) by weighed gradients" : graph.text(value),
                    declined: reason))
            return after
        }
        return rewrites
    }
}
