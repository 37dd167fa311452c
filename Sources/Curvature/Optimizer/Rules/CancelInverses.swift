/// inverse(A) @ (A @ v) = v and A @ (inverse(A) @ v) = v, where A has an inverse whatever the numbers: a positive semidefinite operator with a
/// positive multiple of the identity added.
package struct CancelInverses: Rule {
    package let name = "cancel-inverses"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        // A (A^-1 v): products with solutions, by what they stand for.
        var products: [Value: Value] = [:]
        for value in graph.reachable(from: roots) {
            guard case .iteration(let iteration) = graph[value], case .solve(let options) = iteration.task,
                options.isPositiveDefinite
            else { continue }
            products[graph.filling(iteration.maps[0], with: value)] = iteration.arguments[0]
        }
        roots = graph.rewrite(roots) { graph, value in
            if let argument = products[value] {
                rewrites.append(Rewrite(rule: name, before: graph.text(value), after: graph.text(argument)))
                return argument
            }
            guard case .iteration(let iteration) = graph[value], case .solve(let options) = iteration.task else {
                return value
            }
            // A^-1 (A v).
            let (map, argument) = (iteration.maps[0], iteration.arguments[0])
            let candidates = graph.reachable(from: [argument]).filter {
                $0 != argument && graph.kind($0) == graph.kind(value)
            }
            for candidate in candidates.suffix(16) where graph.filling(map, with: candidate) == argument {
                if options.isPositiveDefinite {
                    rewrites.append(Rewrite(rule: name, before: graph.text(value), after: graph.text(candidate)))
                    return candidate
                }
                rewrites.append(
                    Rewrite(
                        rule: name, before: graph.text(value), after: graph.text(value),
                        declined: "the operator may be singular"))
            }
            return value
        }
        return rewrites
    }
}
