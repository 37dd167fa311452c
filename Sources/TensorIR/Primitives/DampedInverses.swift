import Kernels

/// Inverses of symmetric positive definite matrices that lie in one packed vector, each with a multiple of the identity added. Operands: the packed
/// vector, and the multiples, one for each matrix. The result has the inverses, n x n, and then for each matrix 0, or 1 where it was not positive definite
/// and was inverted by its eigendecomposition.
///
/// An end of the graph: nothing of it is ever differentiated.
package struct DampedInverses: Primitive {
    package var matrices: [SymmetricEigen.Matrix]
    package init(_ matrices: [SymmetricEigen.Matrix]) { self.matrices = matrices }

    package var name: String { "damped_inverses" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands.allSatisfy({ $0.element == .float64 && $0.shape.rank == 1 }), operands.count == 2,
            operands[1].shape == Shape([matrices.count])
        else {
            throw GraphError.invalid(
                self, "\(operands) are no packed vector of float64 with \(matrices.count) multiples")
        }
        return TensorType(Shape([matrices.reduce(0) { $0 + $1.size * $1.size + 1 }]), .float64)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        DampedInverseKernel(
            operands[0], dampings: operands[1], matrices: matrices.map { ($0.offset, $0.size) }, result: result)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        matrices.reduce(0) { $0 + DampedInverseKernel.flops(order: $1.size) }
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] {
        matrices.map { DampedInverseKernel.scratchBytes(order: $0.size) }.sorted(by: >)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
}
