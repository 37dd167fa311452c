import Kernels

/// Operand axis i becomes result axis `axes[i]` (ascending); the other axes of `shape` repeat the operand.
package struct Broadcast: Primitive {
    package var shape: Shape
    package var axes: [Int]
    package init(_ shape: Shape, axes: [Int]) { (self.shape, self.axes) = (shape, axes) }

    package var name: String { "broadcast" }
    package var nodeClass: NodeClass { .broadcast }
    /// The axes along which values repeat.
    var repeatedAxes: [Int] { shape.dimensions.indices.filter { !axes.contains($0) } }

    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let operand = operands[0].shape
        guard axes.count == operand.rank, zip(axes, axes.dropFirst()).allSatisfy({ $0 < $1 }),
            zip(axes, operand.dimensions).allSatisfy({ $0 < shape.rank && shape[$0] == $1 })
        else { throw GraphError.invalid(self, "\(operand) does not fit into \(shape) at axes \(axes)") }
        return TensorType(shape, operands[0].element)
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        try graph.sum(cotangent, axes: repeatedAxes)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(Broadcast(shape.leading(size), axes: [0] + axes.map { $0 + 1 }), operands)
    }
    package func view(_ operand: Operand, resultSizes: [Int]) -> Operand? {
        var strides = [Int](repeating: 0, count: resultSizes.count)
        for (axis, stride) in zip(axes, operand.strides) { strides[axis] = stride }
        return Operand(address: operand.address, storage: operand.storage, sizes: resultSizes, strides: strides)
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        CopyKernel(from: view(operands[0], resultSizes: result.sizes)!, to: result)
    }
}

/// Result axis i is operand axis `axes[i]`.
package struct Permute: Primitive {
    package var axes: [Int]
    package init(_ axes: [Int]) { self.axes = axes }

    package var name: String { "permute" }
    package var nodeClass: NodeClass { .permute }
    var inverse: [Int] {
        var inverse = axes
        for (result, operand) in axes.enumerated() { inverse[operand] = result }
        return inverse
    }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let operand = operands[0]
        guard axes.sorted() == Array(0..<operand.shape.rank) else {
            throw GraphError.invalid(self, "axes \(axes) are no permutation of the axes of \(operand.shape)")
        }
        return TensorType(Shape(axes.map { operand.shape[$0] }), operand.element)
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        try graph.permute(cotangent, inverse)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.permute(operands[0], [0] + axes.map { $0 + 1 })
    }
    package func view(_ operand: Operand, resultSizes: [Int]) -> Operand? {
        Operand(
            address: operand.address, storage: operand.storage, sizes: resultSizes,
            strides: axes.map { operand.strides[$0] })
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        CopyKernel(from: view(operands[0], resultSizes: result.sizes)!, to: result)
    }
}

/// The same elements in row-major order under another shape. Examples stay apart: what lies outside and inside B stays so.
package struct Reshape: Primitive {
    package var shape: Shape
    package init(_ shape: Shape) { self.shape = shape }

    package var name: String { "reshape" }
    package var nodeClass: NodeClass { .reshape }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let operand = operands[0].shape
        switch (operand.splitAroundExamples, shape.splitAroundExamples) {
        case (nil, nil) where operand.factor == shape.factor: break
        case (let a?, let b?) where a == b: break
        case (_?, _?) where operand.factor == shape.factor:
            throw GraphError(.examplesMeet, "reshape: \(operand) to \(shape) mixes the examples")
        default:
            throw GraphError.invalid(self, "\(operand) does not have as many elements as \(shape)")
        }
        return TensorType(shape, operands[0].element)
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        try graph.reshape(cotangent, graph.shape(operands[0]))
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.reshape(operands[0], shape.leading(size))
    }

    /// A view where runs of operand axes that lie densely in memory match runs of result axes.
    package func view(_ operand: Operand, resultSizes: [Int]) -> Operand? {
        if operand.isContiguous {
            return Operand(address: operand.address, storage: operand.storage, sizes: resultSizes)
        }
        let sizes = operand.sizes.indices.filter { operand.sizes[$0] != 1 }.map {
            (operand.sizes[$0], operand.strides[$0])
        }
        var strides = [Int](repeating: 0, count: resultSizes.count)
        var (from, to) = (0, 0)
        while from < sizes.count {
            // The shortest runs of both sides with equal products.
            var (fromEnd, toEnd) = (from + 1, to)
            var (fromProduct, toProduct) = (sizes[from].0, 1)
            while fromProduct != toProduct {
                if fromProduct < toProduct {
                    guard fromEnd < sizes.count else { return nil }
                    fromProduct *= sizes[fromEnd].0
                    fromEnd += 1
                } else {
                    guard toEnd < resultSizes.count else { return nil }
                    toProduct *= resultSizes[toEnd]
                    toEnd += 1
                }
            }
            for axis in from..<(fromEnd - 1) where sizes[axis].1 != sizes[axis + 1].0 * sizes[axis + 1].1 { return nil }
            var stride = sizes[fromEnd - 1].1
            for axis in (to..<toEnd).reversed() {
                strides[axis] = stride
                stride *= resultSizes[axis]
            }
            (from, to) = (fromEnd, toEnd)
        }
        return Operand(address: operand.address, storage: operand.storage, sizes: resultSizes, strides: strides)
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        preconditionFailure("a reshape is a view of a contiguous operand")
    }
}

/// `count` positions of one axis from `start` in steps of `step` (which may be negative).
package struct Slice: Primitive {
    package var axis: Int
    package var start: Int
    package var step: Int
    package var count: Int
    package init(axis: Int, start: Int, step: Int, count: Int) {
        (self.axis, self.start, self.step, self.count) = (axis, start, step, count)
    }

    package var name: String { "slice" }
    package var nodeClass: NodeClass { .slice }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        var type = operands[0]
        guard let size = type.shape[axis].number else {
            throw GraphError(.examplesMeet, "slice: picks examples out of \(type.shape)")
        }
        let last = start + (count - 1) * step
        guard count >= 0, count == 0 || ((0..<size).contains(start) && (0..<size).contains(last)) else {
            throw GraphError.invalid(
                self, "\(count) positions from \(start) in steps of \(step) leave axis \(axis) of \(type.shape)")
        }
        type.shape[axis] = Dimension(count)
        return type
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        let size = graph.shape(operands[0])[axis].number!
        if count == 0 { return try graph.zeros(like: operands[0]) }
        // A negative step is a positive one seen from the other end.
        let forward = try step > 0 ? cotangent : graph.reverse(cotangent, axis: axis)
        let first = step > 0 ? start : start + (count - 1) * step
        let stride = abs(step)
        return try graph.append(
            Pad(axis: axis, low: first, high: size - first - (count - 1) * stride - 1, interior: stride - 1), forward)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(Slice(axis: axis + 1, start: start, step: step, count: count), operands)
    }
    package func view(_ operand: Operand, resultSizes: [Int]) -> Operand? {
        var strides = operand.strides
        strides[axis] *= step
        let offset = count == 0 ? 0 : start * operand.strides[axis] * operand.storage.byteCount
        return Operand(
            address: operand.address + offset, storage: operand.storage, sizes: resultSizes, strides: strides)
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        CopyKernel(from: view(operands[0], resultSizes: result.sizes)!, to: result)
    }
}

/// The identity, at which differentiation stops. Used where a value is known not to matter to the derivative, as the
/// maximum that softmax subtracts.
package struct Detached: Primitive {
    package init() {}
    package var name: String { "detached" }
    package var nodeClass: NodeClass { .detached }
    package func resultType(_ operands: [TensorType]) throws -> TensorType { operands[0] }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        nil
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(self, operands)
    }
    package func view(_ operand: Operand, resultSizes: [Int]) -> Operand? { operand }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        CopyKernel(from: operands[0], to: result)
    }
}
