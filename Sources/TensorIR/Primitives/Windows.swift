import Kernels

/// Sums over windows of the last axes (average pooling is a sum and a division), and its transpose.
package struct WindowSum: Primitive {
    package var geometry: WindowGeometry
    /// The last axes' extents of the result.
    package var space: [Int]
    package var isTransposed: Bool
    package init(_ geometry: WindowGeometry, space: [Int], isTransposed: Bool = false) {
        (self.geometry, self.space, self.isTransposed) = (geometry, space, isTransposed)
    }

    package var name: String { isTransposed ? "window sum's transpose" : "window sum" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        try windowResult(self, operands[0], space: space, element: .real)
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        let space = graph.shape(operands[0]).dimensions.suffix(space.count).map(\.inner)
        return try graph.append(WindowSum(geometry, space: space, isTransposed: !isTransposed), cotangent)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(self, operands)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        (isTransposed ? operands[0] : result).shape.count(examples: examples) * geometry.sizes.reduce(1, *)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        isTransposed
            ? WindowSumTransposeKernel(cotangent: operands[0], output: result, geometry: geometry)
            : WindowSumKernel(input: operands[0], output: result, geometry: geometry)
    }
}

/// Where in the plane of the last axes (row-major) the first maximum of each window lies. Max-pooling gathers there.
package struct WindowArgmax: Primitive {
    package var geometry: WindowGeometry
    package var space: [Int]
    package init(_ geometry: WindowGeometry, space: [Int]) { (self.geometry, self.space) = (geometry, space) }

    package var name: String { "window argmax" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        try windowResult(self, operands[0], space: space, element: .int64)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        nil
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(self, operands)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        WindowArgmaxKernel(input: operands[0], output: result, geometry: geometry)
    }
}

private func windowResult(
    _ primitive: some Primitive, _ operand: TensorType, space: [Int], element: ElementType
) throws -> TensorType {
    guard operand.element == .real, operand.shape.rank > space.count else {
        throw GraphError.invalid(primitive, "\(operand) has no channels and \(space.count) spatial axes")
    }
    let kept = operand.shape.dimensions.dropLast(space.count)
    guard operand.shape.dimensions.suffix(space.count).allSatisfy({ !$0.isSymbolic }) else {
        throw GraphError(.examplesMeet, "\(primitive.name): slides over the examples of \(operand.shape)")
    }
    return TensorType(Shape(kept + space.map { Dimension($0) }), element)
}
