extension TensorGraph {
    /// The cotangents of `inputs`, on which `outputs` depend linearly, for the given cotangents of `outputs`: the
    /// transpose of the linear map from inputs to outputs. nil where it is zero.
    package func transpose(_ outputs: [(node: Node, cotangent: Node)], to inputs: [Node]) throws -> [Node?] {
        let nodes = ancestors(of: outputs.map(\.node))
        let sources = NodeSet(inputs)
        var active = sources
        for node in nodes where structure.operands(node).contains(where: { active.contains($0) }) {
            active.insert(node)
        }
        var cotangents = NodeMap(count: count)
        func accumulate(_ cotangent: Node, at node: Node) throws {
            precondition(
                haveSameType(cotangent, node),
                "cotangent \(type(cotangent)) for \(type(node)) (\(primitive(node).name))")
            cotangents[node] = try cotangents[node].map { try add($0, cotangent) } ?? cotangent
        }
        for (node, cotangent) in outputs where active.contains(node) { try accumulate(cotangent, at: node) }
        for node in nodes.reversed() where active.contains(node) && !sources.contains(node) {
            guard let cotangent = cotangents[node] else { continue }
            let operands = operands(node)
            for (index, operand) in operands.enumerated() where active.contains(operand) {
                let part = try primitive(node).transpose(index, cotangent: cotangent, operands: operands, in: self)
                try accumulate(part, at: operand)
            }
        }
        return inputs.map { cotangents[$0] }
    }
}
