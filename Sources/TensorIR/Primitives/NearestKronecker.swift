import Kernels

/// For packed matrices Rg (outputs^2, inputs^2), rearranged blocks, the factors of the nearest Kronecker products: the reshaped top singular vectors, each times the
/// root of the singular value, symmetric, of positive trace (Van Loan and Pitsianis 1993). What is no such matrix is copied.
///
/// An end of the graph.
package struct NearestKronecker: Primitive {
    package struct Block: Hashable, Sendable {
        package var source, outputs, inputs, outputTarget, inputTarget: Int
        package init(source: Int, outputs: Int, inputs: Int, outputTarget: Int, inputTarget: Int) {
            (self.source, self.outputs, self.inputs) = (source, outputs, inputs)
            (self.outputTarget, self.inputTarget) = (outputTarget, inputTarget)
        }
    }
    package struct Copy: Hashable, Sendable {
        package var source, target, count: Int
        package init(source: Int, target: Int, count: Int) {
            (self.source, self.target, self.count) = (source, target, count)
        }
    }
    package var blocks: [Block] = []
    package var copies: [Copy] = []
    /// Entries of the result.
    package var count = 0
    package init() {}

    package var name: String { "nearest_kronecker" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands[0].element == .float64, operands[0].shape.rank == 1 else {
            throw GraphError.invalid(self, "\(operands[0]) is no packed vector of float64")
        }
        return TensorType(Shape([count]), .float64)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        NearestKroneckerKernel(
            operands[0],
            blocks: blocks.map {
                NearestKroneckerKernel.Block(
                    source: $0.source, outputs: $0.outputs, inputs: $0.inputs, outputTarget: $0.outputTarget,
                    inputTarget: $0.inputTarget)
            }, copies: copies.map { ($0.source, $0.target, $0.count) }, result: result)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
}
