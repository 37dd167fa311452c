/// transpose(jacobian) @ f(jacobian @ v), with f a linear map that does not couple examples, is one data pass: what the Jacobian gives is
/// used as it passes by, and no vector of output space is written.
package struct ChainJacobians: Rule {
    package let name = "chain-jacobians"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        roots = graph.rewrite(roots) { graph, value in
            guard case .pullback(let terms) = graph[value] else { return value }
            var chained = terms
            for (index, term) in terms.enumerated() {
                guard case .jacobianTranspose(let x) = term.source else { continue }
                if graph.isComputedInPassing(x) {
                    chained[index].source = .jacobianChain(x)
                } else if let coupled = graph.coupling(in: x) {
                    rewrites.append(
                        Rewrite(
                            rule: name, before: graph.text(value), after: graph.text(value),
                            declined: "\(graph.text(coupled)) couples examples"))
                }
            }
            guard chained != terms else { return value }
            rewrites.append(
                Rewrite(rule: name, before: graph.text(value), after: "\(graph.text(value)) in one pass"))
            return graph.intern(.pullback(chained), graph.kind(value))
        }
        return rewrites
    }
}

extension OperatorGraph {
    /// What keeps a value that a Jacobian product is part of from being computed example by example.
    fileprivate func coupling(in value: Value) -> Value? {
        guard reachable(from: [value]).contains(where: { if case .jacobianProduct = self[$0] { true } else { false } })
        else { return nil }
        switch self[value] {
        case .combination(let terms, _):
            return terms.lazy.compactMap { coupling(in: $0.value) }.first ?? value
        case .diagonalProduct(_, let x): return coupling(in: x) ?? value
        default: return value
        }
    }
}
