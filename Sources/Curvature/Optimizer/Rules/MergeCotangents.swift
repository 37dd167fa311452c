/// A linear combination of backward sweeps is one backward sweep of the combined cotangents: with B(u) = J^T u and
/// hessian @ v = dB[v; H_out J v], a hessian @ v + b ggn @ v + c gradient = a dB[v; ((a + b)/a) H_out J v + (c/a) u].
///
/// Terms that are needed by themselves as well are left alone: adding what is there costs less than any sweep.
package struct MergeCotangents: Rule {
    package let name = "merge-cotangents"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        let uses = graph.useCounts(roots)
        roots = graph.rewriteCombinations(roots) { graph, terms, kind in
            var merged: [PullbackTerm] = []
            var sources: [Value] = []
            var rest: [CombinationTerm] = []
            for term in terms {
                guard case .pullback(let parts) = graph[term.value] else {
                    rest.append(term)
                    continue
                }
                let hasHessian = { (terms: [PullbackTerm]) in
                    terms.contains { if case .hessian = $0.source { true } else { false } }
                }
                if hasHessian(merged), hasHessian(parts) {
                    rewrites.append(
                        Rewrite(
                            rule: name, before: graph.text(term.value), after: graph.text(term.value),
                            declined: "another hessian in the sum is applied to another vector"))
                    rest.append(term)
                } else if term.scalar == nil, uses[term.value, default: 1] == 1 {
                    merged += parts.map { PullbackTerm(factor: term.factor * $0.factor, source: $0.source) }
                    sources.append(term.value)
                } else {
                    let reason =
                        term.scalar == nil
                        ? "it is needed by itself too" : "its factor is known only when the plan runs"
                    rewrites.append(
                        Rewrite(
                            rule: name, before: graph.text(term.value), after: graph.text(term.value), declined: reason)
                    )
                    rest.append(term)
                }
            }
            guard sources.count > 1 else { return terms }
            let value = graph.intern(.pullback(merged), kind)
            rewrites.append(
                Rewrite(
                    rule: name, before: sources.map { graph.text($0) }.joined(separator: ", "), after: graph.text(value)
                ))
            return rest + [CombinationTerm(factor: 1, scalar: nil, value: value)]
        }
        return rewrites
    }
}
