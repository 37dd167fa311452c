extension TensorGraph {
    package func broadcast(_ x: Node, to shape: Shape, axes: [Int]) throws -> Node {
        if self.shape(x) == shape { return x }
        if nodeClass(x) == .broadcast, let inner = primitive(x) as? Broadcast {
            return try broadcast(operands(x)[0], to: shape, axes: inner.axes.map { axes[$0] })
        }
        return try append(Broadcast(shape, axes: axes), x)
    }
    /// Repeats `x` along `axes` of `model`'s shape, which it lacks: undoes a reduction's shape.
    package func broadcast(_ x: Node, like model: Node, without axes: [Int]) throws -> Node {
        let shape = shape(model)
        return try broadcast(x, to: shape, axes: (0..<shape.rank).filter { !axes.contains($0) })
    }
    package func broadcastLeading(_ x: Node, size: Int) throws -> Node {
        let shape = shape(x)
        return try broadcast(x, to: shape.leading(size), axes: (0..<shape.rank).map { $0 + 1 })
    }
    /// NumPy's rule: aligned at the last axis, an axis of size 1 repeats.
    package func broadcast(_ x: Node, to shape: Shape) throws -> Node {
        let from = self.shape(x)
        if from == shape { return x }
        let offset = shape.rank - from.rank
        guard offset >= 0 else { throw GraphError(.invalid, "broadcast: \(from) has more axes than \(shape)") }
        var kept: [Int] = []
        for axis in 0..<from.rank {
            if from[axis] == shape[axis + offset] {
                kept.append(axis)
            } else if from[axis] != 1 {
                throw GraphError(.invalid, "broadcast: \(from) does not fit \(shape)")
            }
        }
        let squeezed = try reshape(x, Shape(kept.map { from[$0] }))
        return try broadcast(squeezed, to: shape, axes: kept.map { $0 + offset })
    }
    /// The shape that NumPy's rule gives operands of these shapes.
    package static func broadcastShape(_ shapes: [Shape]) throws -> Shape {
        let rank = shapes.map(\.rank).max() ?? 0
        var result = Shape([Dimension](repeating: 1, count: rank))
        for shape in shapes {
            for axis in 0..<shape.rank where shape[axis] != 1 {
                let at = axis + rank - shape.rank
                guard result[at] == 1 || result[at] == shape[axis] else {
                    throw GraphError(
                        .invalid, "shapes \(shapes.map(\.description).joined(separator: " and ")) do not broadcast")
                }
                result[at] = shape[axis]
            }
        }
        return result
    }
    package func broadcastTogether(_ nodes: [Node]) throws -> [Node] {
        let shape = try TensorGraph.broadcastShape(nodes.map { self.shape($0) })
        return try nodes.map { try broadcast($0, to: shape) }
    }

    package func reshape(_ x: Node, _ shape: Shape) throws -> Node {
        if self.shape(x) == shape { return x }
        if nodeClass(x) == .reshape { return try reshape(operands(x)[0], shape) }
        return try append(Reshape(shape), x)
    }
    /// With an axis of size 1 put in at `axis`.
    package func expand(_ x: Node, at axis: Int) throws -> Node {
        var shape = shape(x)
        shape.dimensions.insert(1, at: axis)
        return try reshape(x, shape)
    }
    package func permute(_ x: Node, _ axes: [Int]) throws -> Node {
        if axes == Array(0..<shape(x).rank), axes.count == shape(x).rank { return x }
        if nodeClass(x) == .permute, let inner = primitive(x) as? Permute, axes.count == inner.axes.count,
            axes.sorted() == Array(0..<axes.count)
        {
            return try permute(operands(x)[0], axes.map { inner.axes[$0] })
        }
        return try append(Permute(axes), x)
    }
    package func slice(_ x: Node, axis: Int, start: Int, step: Int = 1, count: Int) throws -> Node {
        if start == 0, step == 1, shape(x)[axis].number == count { return x }
        return try append(Slice(axis: axis, start: start, step: step, count: count), x)
    }
    package func reverse(_ x: Node, axis: Int) throws -> Node {
        guard let size = shape(x)[axis].number else {
            throw GraphError(.examplesMeet, "slice: reverses the examples of \(shape(x))")
        }
        return try append(Slice(axis: axis, start: max(0, size - 1), step: -1, count: size), x)
    }
    package func pad(_ x: Node, axis: Int, low: Int, high: Int) throws -> Node {
        low == 0 && high == 0 ? x : try append(Pad(axis: axis, low: low, high: high), x)
    }
    package func concatenate(_ nodes: [Node], axis: Int) throws -> Node {
        nodes.count == 1 ? nodes[0] : try append(Concatenate(axis: axis), nodes)
    }
}
