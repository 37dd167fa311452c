extension OperatorGraph {
    /// How often each value is used below `roots`, a request counting once.
    func useCounts(_ roots: [Value]) -> [Value: Int] {
        var counts: [Value: Int] = [:]
        for root in Set(roots) { counts[root, default: 0] += 1 }
        for value in reachable(from: roots) {
            for operand in Set(self[value].operands) { counts[operand, default: 0] += 1 }
        }
        return counts
    }

    /// The same roots with every value replaced by its image under `transform`, operands first.
    mutating func rewrite(
        _ roots: [Value], _ transform: (inout OperatorGraph, Value) -> Value
    ) -> [Value] {
        var images: [Value: Value] = [:]
        for value in reachable(from: roots) {
            let mapped = rebuilt(value) { images[$0]! }
            images[value] = transform(&self, mapped)
        }
        return roots.map { images[$0]! }
    }

    /// The same roots with every combination rewritten by `transform` (operands first).
    mutating func rewriteCombinations(
        _ roots: [Value], _ transform: (inout OperatorGraph, [CombinationTerm], Kind) -> [CombinationTerm]
    ) -> [Value] {
        rewrite(roots) { graph, value in
            guard case .combination(let terms, let kind) = graph[value] else { return value }
            let rewritten = transform(&graph, terms, kind)
            return rewritten == terms ? value : graph.combination(rewritten, kind)
        }
    }

    /// A value made of its operands' images, in canonical form.
    mutating func rebuilt(_ value: Value, _ image: (Value) -> Value) -> Value {
        let quantity = self[value]
        let mapped = quantity.mapOperands(image)
        if mapped == quantity { return value }
        if case .combination(let terms, let kind) = mapped { return combination(terms, kind) }
        return intern(mapped, kind(value))
    }
}
