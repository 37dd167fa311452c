import Kernels

/// Zeros around one axis, `interior` of them between neighbours: the transpose of a slice.
package struct Pad: Primitive {
    package var axis: Int
    package var low: Int
    package var high: Int
    package var interior: Int
    package init(axis: Int, low: Int, high: Int, interior: Int = 0) {
        (self.axis, self.low, self.high, self.interior) = (axis, low, high, interior)
    }

    package var name: String { "pad" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        var type = operands[0]
        guard let size = type.shape[axis].number else {
            throw GraphError(.examplesMeet, "pad: adds examples to \(type.shape)")
        }
        guard low >= 0, high >= 0, interior >= 0 else { throw GraphError.invalid(self, "padding must not be negative") }
        type.shape[axis] = Dimension(low + high + max(0, size + (size - 1) * interior))
        return type
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        let count = graph.shape(operands[0])[axis].number!
        return try graph.slice(cotangent, axis: axis, start: low, step: interior + 1, count: count)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(Pad(axis: axis + 1, low: low, high: high, interior: interior), operands)
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        let inside = Slice(axis: axis, start: low, step: interior + 1, count: operands[0].sizes[axis])
        let window = inside.view(result, resultSizes: operands[0].sizes)!
        return KernelSequence([FillKernel(result, value: 0), CopyKernel(from: operands[0], to: window)])
    }
}

/// Operands side by side along one axis.
package struct Concatenate: Primitive {
    package var axis: Int
    package init(axis: Int) { self.axis = axis }

    package var name: String { "concatenate" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        var type = operands[0]
        var total = 0
        for operand in operands {
            guard operand.element == type.element, operand.shape.rank == type.shape.rank,
                operand.shape.removing(axes: [axis]) == type.shape.removing(axes: [axis])
            else { throw GraphError.invalid(self, "\(operand) does not fit beside \(operands[0]) along axis \(axis)") }
            guard let size = operand.shape[axis].number else {
                throw GraphError(.examplesMeet, "concatenate: joins examples of \(operand.shape)")
            }
            total += size
        }
        type.shape[axis] = Dimension(total)
        return type
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        guard tangents.contains(where: { $0 != nil }), graph.type(node).element.isFloating else { return nil }
        return try graph.append(self, zip(operands, tangents).map { try $1 ?? graph.zeros(like: $0) })
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        let sizes = operands.map { graph.shape($0)[axis].number! }
        return try graph.slice(
            cotangent, axis: axis, start: sizes[..<index].reduce(0, +), step: 1, count: sizes[index])
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        let leading = try zip(operands, batched).map { try $1 ? $0 : graph.broadcastLeading($0, size: size) }
        return try graph.append(Concatenate(axis: axis + 1), leading)
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        var start = 0
        return KernelSequence(
            operands.map { operand in
                let count = operand.sizes[axis]
                let part = Slice(axis: axis, start: start, step: 1, count: count).view(
                    result, resultSizes: operand.sizes)!
                start += count
                return CopyKernel(from: operand, to: part)
            })
    }
}
