extension TensorGraph {
    /// `outputs` for a block of `size` columns: leaves in `replacements` become leaves with a leading axis K, and so does
    /// everything that depends on them. What does not is computed once for all columns, and returned as it is.
    package func batch(_ outputs: [Node], replacements: [Node: Node], size: Int) throws -> [Node] {
        var images = NodeMap(count: count)
        for (node, replacement) in replacements { images[node] = replacement }
        for node in ancestors(of: outputs) where images[node] == nil {
            let operands = operands(node)
            let batched = operands.map { images[$0] != nil }
            guard batched.contains(true) else { continue }
            let image = try primitive(node).batch(
                operands.map { images[$0] ?? $0 }, batched: batched, size: size, in: self)
            precondition(
                type(image) == TensorType(shape(node).leading(size), type(node).element),
                "\(primitive(node).name) batches to \(type(image)), not a leading axis on \(type(node))")
            images[node] = image
        }
        return outputs.map { images[$0] ?? $0 }
    }
}
