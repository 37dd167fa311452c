import Kernels

/// sum p p^T over the patches p that a convolution's windows see of x (examples, channels, space), over all windows and examples: (channels *
/// taps) squared, in float64. Patches are formed a few at a time, never for a batch. Entry (c, i, j) of a patch is c k1 k2 + i k2 + j, zero where
/// a window reaches beyond the input.
///
/// With a second operand (examples), every patch has that number as last entry: a bias's input. There may be several images for each example.
///
/// An end of the graph, like an accumulator: nothing of it is ever differentiated.
package struct PatchGram: Primitive {
    /// Of one group.
    package var geometry: ConvolutionGeometry
    package var taps: [Int]
    package init(_ geometry: ConvolutionGeometry, taps: [Int]) { (self.geometry, self.taps) = (geometry, taps) }

    package var name: String { "patch-gram" }
    private func features(_ operands: [TensorType]) -> Int {
        operands[0].shape[1].inner * taps.reduce(1, *) + operands.count - 1
    }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let x = operands[0]
        guard x.element == .real, x.shape.rank == taps.count + 2, geometry.groups == 1,
            geometry.strides.count == taps.count, x.shape.dimensions.dropFirst().allSatisfy({ !$0.isSymbolic }),
            x.shape[0].outer == 1, operands.dropFirst().allSatisfy({ $0 == TensorType([.examples]) })
        else { throw GraphError.invalid(self, "\(operands) are no images of \(taps.count) axes") }
        let features = features(operands)
        return TensorType(Shape([features, features]), .float64)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package var canAccumulate: Bool { true }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        PatchGramKernel(
            operands[0], last: operands.count > 1 ? operands[1] : nil, geometry: geometry, taps: taps, output: result,
            accumulate: accumulate)
    }
    private func windows(_ operands: [TensorType]) -> [Int] {
        taps.indices.map {
            geometry.outputExtent(axis: $0, input: operands[0].shape[$0 + 2].inner, kernel: taps[$0])
        }
    }
    /// A triangle with its diagonal, 2 for each product.
    package func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        let features = features(operands)
        let patches = windows(operands).reduce(operands[0].shape[0].size(examples: examples), *)
        return patches * features * (features + 1)
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] {
        let windows = windows(operands)
        let rows = windows.dropLast().reduce(operands[0].shape[0].size(examples: examples), *)
        let tiling = PatchGramKernel.Tiling(
            features: features(operands), rows: rows, columns: windows.last!, width: width)
        return Array(repeating: tiling.scratchBytes, count: tiling.tiles * (tiling.tiles + 1) / 2)
    }
}
