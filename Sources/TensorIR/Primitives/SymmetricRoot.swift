import Kernels

/// S with S S = A and S positive semidefinite, for every matrix along the last two axes; NaN where A has no such root.
///
/// It does not depend on the order or the signs of eigenvectors, as other roots do. An end of the graph: nothing of it is ever differentiated.
package struct SymmetricRoot: Primitive {
    package init() {}
    package var name: String { "symmetric_root" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let (shape, element) = (operands[0].shape, operands[0].element)
        guard element == .real, shape.rank >= 2, let n = shape.dimensions.last?.number,
            shape[shape.rank - 2].number == n
        else { throw GraphError.invalid(self, "\(operands[0]) has no square matrices along its last axes") }
        return operands[0]
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(self, operands)
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        SymmetricRootKernel(operands[0], result: result)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        let n = result.shape.dimensions.last!.inner
        return n == 0 ? 0 : result.shape.count(examples: examples) / (n * n) * SymmetricRootKernel.flops(order: n)
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] {
        let n = operands[0].shape.dimensions.last!.inner
        guard n > 0 else { return [] }
        let matrices = operands[0].shape.count(examples: examples) / (n * n)
        return [Int](
            repeating: SymmetricRootKernel.scratchBytes(order: n), count: min(matrices, TaskArena.hardwareThreads))
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
}
