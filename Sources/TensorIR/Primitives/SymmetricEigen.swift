import Kernels

/// Eigendecompositions of symmetric matrices that lie in one packed vector, others beside them left out. For each matrix, n x n from `offset` on, the
/// result has n eigenvalues, ascending, and then n eigenvectors, one in each row.
///
/// An end of the graph: nothing of it is ever differentiated.
package struct SymmetricEigen: Primitive {
    package struct Matrix: Hashable, Sendable {
        package var offset: Int
        package var size: Int
        package init(offset: Int, size: Int) { (self.offset, self.size) = (offset, size) }
        /// Elements of the decomposition.
        package var count: Int { size * (size + 1) }
        /// Nominal, with all eigenvectors (Golub and Van Loan 2013, section 8.3).
        package var flops: Int { 9 * size * size * size }
    }
    package var matrices: [Matrix]
    package init(_ matrices: [Matrix]) { self.matrices = matrices }

    package var name: String { "symmetric_eigen" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands[0].element == .float64, operands[0].shape.rank == 1 else {
            throw GraphError.invalid(self, "\(operands[0]) is no packed vector of float64")
        }
        return TensorType(Shape([matrices.reduce(0) { $0 + $1.count }]), .float64)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        SymmetricEigenKernel(
            operands[0], matrices: matrices.map { ($0.offset, $0.size) }, result: result)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        matrices.reduce(0) { $0 + $1.flops }
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] {
        matrices.map { LAPACK.symmetricEigenWorkBytes(order: $0.size) }.sorted(by: >)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
}
