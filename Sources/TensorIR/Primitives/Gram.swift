import Kernels

/// sum x x^T: the products of one axis with itself, summed over all other axes but the leading `kept` ones. It is symmetric, costs half a
/// contraction, and is kept in float64 whatever the run's precision: an accumulator over all examples.
package struct Gram: Primitive {
    /// Leading axes that have a matrix each.
    package var kept: Int
    /// The axis that rows and columns are.
    package var axis: Int
    package init(kept: Int = 0, axis: Int) { (self.kept, self.axis) = (kept, axis) }

    package var name: String { "gram" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let operand = operands[0]
        guard operand.element.isFloating, (kept..<operand.shape.rank).contains(axis) else {
            throw GraphError.invalid(self, "\(operand) has no real axis \(axis) behind \(kept) others")
        }
        let features = operand.shape[axis]
        guard !features.isSymbolic else {
            throw GraphError(.examplesMeet, "gram: multiplies the examples of \(operand.shape)")
        }
        return TensorType(Shape(operand.shape.dimensions[..<kept] + [features, features]), .float64)
    }
    /// X^T dX and its transpose.
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        guard let tangent = tangents[0] else { return nil }
        let rank = graph.shape(operands[0]).rank
        let (row, column) = (axis, rank)
        var other = Array(0..<rank)
        other[axis] = column
        let outer = Array(0..<kept)
        let product = try graph.contract(
            operands[0], Array(0..<rank), tangent, other, to: outer + [row, column])
        let turned = try graph.permute(product, outer + [kept + 1, kept])
        return try graph.cast(graph.add(product, turned), to: .float64)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(Gram(kept: kept + 1, axis: axis + 1), operands)
    }
    package var canAccumulate: Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        GramKernel(operands[0], kept: kept, feature: axis, output: result, accumulate: accumulate)
    }
    /// A triangle with its diagonal, 2 for each product.
    package func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        let features = operands[0].shape[axis].inner
        return operands[0].shape.count(examples: examples) * (features + 1)
    }
}
