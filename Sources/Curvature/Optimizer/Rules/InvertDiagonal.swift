/// The inverse of a diagonal operator (diag(d), identity, sums and multiples of these) divides by the diagonal: no iteration.
package struct InvertDiagonal: Rule {
    package let name = "invert-diagonal"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        roots = graph.rewrite(roots) { graph, value in
            guard case .iteration(let iteration) = graph[value], case .solve = iteration.task,
                let diagonal = graph.diagonal(of: iteration.maps[0])
            else { return value }
            let argument = iteration.arguments[0]
            let result: Value
            if let multiple = graph.multipleOfOnes(diagonal) {
                guard multiple != 0 else { return value }
                result = graph.combination(
                    [CombinationTerm(factor: 1 / multiple, scalar: nil, value: argument)], graph.kind(value))
            } else {
                let inverse = graph.intern(.reciprocal(diagonal), graph.kind(diagonal))
                result = graph.intern(.diagonalProduct(inverse, argument), graph.kind(value))
            }
            rewrites.append(Rewrite(rule: name, before: graph.text(value), after: graph.text(result)))
            return result
        }
        return rewrites
    }
}

extension OperatorGraph {
    /// The diagonal of an operator that has nothing else.
    fileprivate mutating func diagonal(of map: Iteration.Map) -> Value? {
        guard let entries = kind(map.hole).shape.first else { return nil }
        return diagonal(of: map.body, map.hole, .vector(entries))
    }

    private mutating func diagonal(of body: Value, _ hole: Value, _ kind: Kind) -> Value? {
        if body == hole { return intern(.ones(kind.shape[0]), kind) }
        switch self[body] {
        case .diagonalProduct(let d, let x):
            guard let rest = diagonal(of: x, hole, kind) else { return nil }
            if case .ones = self[rest] { return d }
            return intern(.diagonalProduct(d, rest), kind)
        case .combination(let terms, _) where !terms.isEmpty:
            var parts: [CombinationTerm] = []
            for term in terms {
                guard let part = diagonal(of: term.value, hole, kind) else { return nil }
                parts.append(CombinationTerm(factor: term.factor, scalar: term.scalar, value: part))
            }
            return combination(parts, kind)
        default: return nil
        }
    }

    /// m where a vector is m in every entry.
    fileprivate func multipleOfOnes(_ value: Value) -> Double? {
        switch self[value] {
        case .ones: return 1
        case .combination(let terms, _):
            guard terms.count == 1, terms[0].scalar == nil, case .ones = self[terms[0].value] else { return nil }
            return terms[0].factor
        default: return nil
        }
    }
}
