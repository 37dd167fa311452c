/// Inverses whose factors are damped one by one are products with inverses of factors, by Cholesky, where nothing else needs their eigendecompositions: these
/// take about nine times the work, and twice as many products for each application.
package struct InvertFactors: Rule {
    package let name = "invert-factors"
    package init() {}

    /// As many dampings of the same factors as are inverted one by one: with more, one decomposition serves them all.
    package static let mostDampings = 3

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        let dampings = graph.dampings(roots)
        roots = graph.rewrite(roots) { graph, value in
            guard case .kronecker(.product(var product), let operands) = graph[value], product.isDampedByFactor,
                !product.usesInverses, operands.count == 3, let eigen = dampings[operands[1]]
            else { return value }
            if let reason = eigen {
                rewrites.append(
                    Rewrite(rule: name, before: graph.text(value), after: "\(product)", declined: reason))
                return value
            }
            product.usesInverses = true
            let count = product.inverses(graph.layouts[product.options]!).count
            let inverses = graph.intern(.kronecker(.inverses(product), [operands[0]]), .vector(count))
            let result = graph.intern(
                .kronecker(.product(product), [operands[0], inverses, operands[2]]), graph.kind(value))
            rewrites.append(
                Rewrite(
                    rule: name, before: graph.text(value),
                    after: "inverses of factors by Cholesky: nothing else needs their eigendecompositions"))
            return result
        }
        return rewrites
    }
}

extension KroneckerProduct {
    fileprivate var isDampedByFactor: Bool { if case .spectral = mode { false } else { true } }
}

extension OperatorGraph {
    /// For each decomposition that damped inverses of factors read, the reason why they have to, or nil where there is none.
    fileprivate func dampings(_ roots: [Value]) -> [Value: String?] {
        var modes: [Value: Set<KroneckerProduct.Mode>] = [:]
        var others: Set<Value> = []
        for value in reachable(from: roots) {
            if case .kronecker(.product(let product), let operands) = self[value], product.isDampedByFactor,
                operands.count == 3
            {
                modes[operands[1], default: []].insert(product.mode)
            } else {
                others.formUnion(self[value].operands)
            }
        }
        others.formUnion(roots)
        var reasons: [Value: String?] = [:]
        for (eigen, modes) in modes {
            let reason: String?
            if case .kronecker(.loaded, _) = self[eigen] {
                reason = "eigendecompositions are there, loaded"
            } else if others.contains(eigen) {
                reason = "other requests need the eigendecompositions"
            } else if modes.count > InvertFactors.mostDampings {
                reason = "one eigendecomposition serves \(modes.count) dampings"
            } else {
                reason = nil
            }
            reasons.updateValue(reason, forKey: eigen)
        }
        return reasons
    }
}
