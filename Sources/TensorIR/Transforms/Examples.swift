/// What happens to each example by itself.
extension TensorGraph {
    /// Where a linear map meets the examples: the nodes between `inputs` and `output` that have an example axis while what they depend on `inputs`
    /// by has none. A value of the map is a sum over them, and so is each example's part of it. Nil where examples are summed
    /// over on the way, or a node has both kinds of operands.
    package func exampleFrontier(of output: Node, from inputs: [Node]) -> [Node]? {
        var active = NodeSet(inputs)
        var frontier: [Node] = []
        for node in ancestors(of: [output]) where !active.contains(node) {
            let operands = operands(node).filter { active.contains($0) }
            guard !operands.isEmpty else { continue }
            active.insert(node)
            let withExamples = operands.count { hasExamples($0) }
            guard hasExamples(node) else {
                if withExamples > 0 { return nil }
                continue
            }
            if withExamples == 0 { frontier.append(node) } else if withExamples < operands.count { return nil }
        }
        return frontier
    }

    /// The inner product of two values for each example: (B).
    package func dotPerExample(_ a: Node, _ b: Node) throws -> Node {
        let (shape, axis) = unfoldedExamples(shape(a))
        let product = try multiply(reshape(a, shape), reshape(b, shape))
        return try sum(product, axes: (0..<shape.rank).filter { $0 != axis })
    }

    /// `x` with each example's part times its entry of `weights`, (B).
    package func scalePerExample(_ x: Node, by weights: Node) throws -> Node {
        let own = shape(x)
        let (shape, axis) = unfoldedExamples(own)
        return try reshape(multiply(reshape(x, shape), broadcast(weights, to: shape, axes: [axis])), own)
    }

    /// A shape in which the examples have an axis of their own, and that axis.
    private func unfoldedExamples(_ shape: Shape) -> (Shape, Int) {
        guard let axis = shape.exampleAxis else { preconditionFailure("\(shape) has no examples") }
        let dimension = shape[axis]
        if dimension == .examples { return (shape, axis) }
        var dimensions = shape.dimensions
        dimensions.replaceSubrange(
            axis...axis, with: [Dimension(dimension.outer), .examples, Dimension(dimension.inner)])
        return (Shape(dimensions), axis + 1)
    }
}

extension TensorGraph {
    /// The first value on the way to `output` that is made of all examples together; nil where each example has its own.
    package func exampleMeeting(before output: Node) -> Node? {
        ancestors(of: [output]).first { node in
            !shape(node).hasExamples && operands(node).contains { shape($0).hasExamples }
        }
    }
}
