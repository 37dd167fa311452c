/// Which values depend on what an iteration applies its operator to.
package struct HoleAnalysis {
    private let graph: OperatorGraph
    /// The holes that a value depends on and that no iteration below it fills.
    private var holes: [Value: Set<Value>] = [:]

    package init(_ graph: OperatorGraph, roots: [Value]) {
        self.graph = graph
        for value in graph.reachable(from: roots) { holes[value] = freeHoles(value) }
    }

    package func holes(of value: Value) -> Set<Value> { holes[value]! }

    private func freeHoles(_ value: Value) -> Set<Value> {
        switch graph[value] {
        case .hole: return [value]
        case .iteration(let iteration):
            var free = iteration.arguments.reduce(into: Set<Value>()) { $0.formUnion(holes[$1]!) }
            for map in iteration.maps { free.formUnion(holes[map.body]!.subtracting([map.hole])) }
            return free
        case let quantity: return quantity.operands.reduce(into: []) { $0.formUnion(holes[$1]!) }
        }
    }

    /// What has to be there before a value is computed: its operands, and for an iteration also what its operators are made of.
    package func needs(of value: Value) -> [Value] {
        guard case .iteration(let iteration) = graph[value] else { return graph[value].operands }
        var needs = iteration.arguments
        for map in iteration.maps { needs += captured(map) }
        return needs
    }

    /// The largest parts of an operator that stay the same from one application to the next.
    private func captured(_ map: Iteration.Map) -> [Value] {
        var captured: [Value] = []
        var seen: Set<Value> = []
        func visit(_ value: Value) {
            guard seen.insert(value).inserted else { return }
            guard !holes[value]!.contains(map.hole) else {
                if value != map.hole { for operand in needs(of: value) { visit(operand) } }
                return
            }
            if !graph[value].isConstant { captured.append(value) }
        }
        visit(map.body)
        return captured
    }
}

extension Quantity {
    /// Numbers, which are written where they are used.
    var isConstant: Bool {
        switch self {
        case .number, .ones: true
        default: false
        }
    }
}
