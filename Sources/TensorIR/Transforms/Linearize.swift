extension TensorGraph {
    /// Forward derivatives: the tangents of `outputs` where the nodes in `seeds` have the given tangents and everything that does
    /// not depend on them has none. A node with a seed is not looked into. The result is nil where it is zero.
    package func linearize(_ outputs: [Node], seeds: [Node: Node]) throws -> [Node?] {
        var tangents = NodeMap(count: count)
        for (node, seed) in seeds { tangents[node] = seed }
        let sources = NodeSet(seeds.keys)
        for node in ancestors(of: outputs, stoppingAt: sources) where !sources.contains(node) {
            let operands = operands(node)
            let operandTangents = operands.map { tangents[$0] }
            guard operandTangents.contains(where: { $0 != nil }) else { continue }
            if let tangent = try primitive(node).linearize(
                node, operands: operands, tangents: operandTangents, in: self)
            {
                precondition(
                    haveSameType(tangent, node),
                    "the tangent of \(primitive(node).name) has type \(type(tangent)), not \(type(node))")
                tangents[node] = tangent
            }
        }
        return outputs.map { tangents[$0] }
    }

    /// The nodes that `outputs` need, themselves included, in the table's (topological) order.
    package func ancestors(of outputs: [Node], stoppingAt stops: NodeSet = []) -> [Node] {
        guard let last = outputs.max() else { return [] }
        var needed = [Bool](repeating: false, count: Int(last.index) + 1)
        for output in outputs { needed[Int(output.index)] = true }
        for index in needed.indices.reversed() where needed[index] {
            let node = Node(index: Int32(index))
            if stops.contains(node) { continue }
            for operand in structure.operands(node) { needed[Int(operand.index)] = true }
        }
        return needed.indices.filter { needed[$0] }.map { Node(index: Int32($0)) }
    }
}
