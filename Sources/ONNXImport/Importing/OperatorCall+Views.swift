import TensorIR

/// Operations that move elements, on the host or in the graph.
extension OperatorCall {
    func reshape(_ x: Value, _ shape: Shape) throws -> Value {
        switch x {
        case .host(let tensor):
            guard let sizes = shape.numbers else { return .node(try graph.reshape(asNode(x), shape)) }
            guard sizes.reduce(1, *) == tensor.count else {
                throw invalid("\(Shape(tensor.sizes)) does not have as many elements as \(shape)")
            }
            return .host(tensor.reshaped(sizes))
        case .node(let node): return .node(try graph.reshape(node, shape))
        case .sequence: throw invalid("a sequence has no shape")
        }
    }

    func permute(_ x: Value, _ axes: [Int]) throws -> Value {
        guard axes.sorted() == Array(0..<(try shape(x).rank)) else {
            throw invalid("\(axes) is no permutation of the axes of \(try shape(x))")
        }
        if case .host(let tensor) = x { return .host(tensor.transposed(axes)) }
        return .node(try graph.permute(asNode(x), axes))
    }

    /// `count` positions of an axis; all of them is no slice at all, and so may be all examples.
    func slice(_ x: Value, axis: Int, start: Int, step: Int = 1, count: Int) throws -> Value {
        if case .host(let tensor) = x {
            return .host(tensor.sliced(axis: axis, start: start, step: step, count: count))
        }
        return .node(try graph.slice(asNode(x), axis: axis, start: start, step: step, count: count))
    }

    func concatenate(_ values: [Value], axis: Int) throws -> Value {
        let tensors = values.compactMap(\.host)
        if tensors.count == values.count {
            let fits = tensors.allSatisfy { tensor in
                tensor.element == tensors[0].element
                    && Shape(tensor.sizes).removing(axes: [axis])
                        == Shape(tensors[0].sizes).removing(axes: [axis])
            }
            guard fits else {
                throw invalid(
                    "\(tensors.map { Shape($0.sizes).description }.joined(separator: ", ")) do not fit side by side")
            }
            // Whoever joins a list to itself a few times over has more than memory holds.
            let count = tensors.reduce(0) { $0 + $1.count }
            if count <= HostTensor.foldLimit { return .host(try HostTensor.concatenated(tensors, axis: axis)) }
            guard !tensors.contains(where: \.isSymbolic) else { throw invalid("a list of \(count) sizes is too large") }
        }
        // Empty operands add nothing: a cache that starts out empty, for instance.
        var nodes = try values.map { try asNode($0) }
        let filled = nodes.filter { graph.shape($0)[axis].number != 0 }
        nodes = filled.isEmpty ? [nodes[0]] : filled
        let rank = graph.shape(nodes[0]).rank
        for other in 0..<rank where other != axis {
            nodes = try alignExamples(nodes, axes: nodes.map { _ in other })
            // An operand that repeats for each example is written out for each.
            if let examples = nodes.map({ graph.shape($0)[other] }).first(where: \.isSymbolic) {
                nodes = try nodes.map { node in
                    var shape = graph.shape(node)
                    guard shape[other] == 1 else { return node }
                    shape[other] = examples
                    return try graph.broadcast(node, to: shape)
                }
            }
        }
        return .node(try graph.concatenate(nodes, axis: axis))
    }

    /// Repeats by NumPy's rule.
    func broadcast(_ x: Value, to shape: Shape) throws -> Value {
        if case .host(let tensor) = x, let sizes = shape.numbers, HostTensor.isSmall(sizes) {
            guard try HostTensor.broadcastSizes([tensor.sizes, sizes]) == sizes else {
                throw invalid("\(Shape(tensor.sizes)) does not repeat to \(shape)")
            }
            return .host(tensor.broadcast(to: sizes))
        }
        try importer.check(size: shape)
        return .node(try graph.broadcast(asNode(x), to: shape))
    }

    /// A shape from a list of integers, none negative.
    func shape(from extents: [Extent]) throws -> Shape {
        let shape = Shape(
            try extents.map { extent in
                guard let number = extent.number else {
                    guard extent.constant == 0, extent.examples > 0 else {
                        throw GraphError(.examplesMeet, "a size is \(extent)")
                    }
                    return Dimension(examplesTimes: extent.examples)
                }
                guard number >= 0 else { throw invalid("the shape \(extents) has a negative size") }
                return Dimension(number)
            })
        try importer.check(size: shape)
        return shape
    }
}
