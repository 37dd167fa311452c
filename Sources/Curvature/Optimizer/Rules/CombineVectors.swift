/// a A u + b A v = A (a u + b v), where neither product is needed by itself: one application instead of two.
package struct CombineVectors: Rule {
    package let name = "combine-vectors"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        let uses = graph.useCounts(roots)
        roots = graph.rewriteCombinations(roots) { graph, terms, kind in
            var groups: [PullbackTerm.Source: [Int]] = [:]
            let anyArgument = Value(index: -1)
            for (index, term) in terms.enumerated() where term.scalar == nil && uses[term.value] == 1 {
                guard case .pullback(let parts) = graph[term.value], parts.count == 1, parts[0].argument != nil else {
                    continue
                }
                groups[parts[0].source.replacing(argument: anyArgument), default: []].append(index)
            }
            let merged = groups.filter { $0.value.count > 1 }.sorted { $0.value[0] < $1.value[0] }
            guard !merged.isEmpty else { return terms }
            var result = terms.indices.filter { index in !merged.contains { $0.value.contains(index) } }.map {
                terms[$0]
            }
            for (source, indices) in merged {
                let parts = indices.map { index -> CombinationTerm in
                    guard case .pullback(let parts) = graph[terms[index].value] else { preconditionFailure() }
                    return CombinationTerm(
                        factor: terms[index].factor * parts[0].factor, scalar: nil, value: parts[0].argument!)
                }
                let argument = graph.combination(parts, graph.kind(parts[0].value))
                let product = graph.intern(
                    .pullback([PullbackTerm(factor: 1, source: source.replacing(argument: argument))]), kind)
                rewrites.append(
                    Rewrite(
                        rule: name, before: indices.map { graph.text(terms[$0].value) }.joined(separator: ", "),
                        after: graph.text(product)))
                result.append(CombinationTerm(factor: 1, scalar: nil, value: product))
            }
            return result
        }
        return rewrites
    }
}

extension PullbackTerm.Source {
    func replacing(argument: Value) -> Self {
        switch self {
        case .gradient: .gradient
        case .hessian: .hessian(argument)
        case .ggn(_, let sampling): .ggn(argument, sampling)
        case .empiricalFisher: .empiricalFisher(argument)
        case .jacobianTranspose: .jacobianTranspose(argument)
        case .jacobianChain: .jacobianChain(argument)
        }
    }
}
