/// Eigendecompositions of matrices in a packed vector, side by side: LAPACK on each, with one thread. A matrix that is not finite, or whose decomposition
/// fails, gives NaN.
package final class SymmetricEigenKernel: Kernel {
    private let packed: Operand
    private let result: Operand
    /// Offsets in the packed vector and in the result, and sizes; large ones first, so that the last to end is a small one.
    private let matrices: [(source: Int, target: Int, size: Int)]
    package let matmulFlops = 0
    package let flops: Int

    package init(_ packed: Operand, matrices: [(offset: Int, size: Int)], result: Operand) {
        precondition(packed.storage == .float64 && result.storage == .float64)
        precondition(packed.isContiguous && result.isContiguous)
        (self.packed, self.result) = (packed, result)
        // Nominal: tridiagonal form, its decomposition, and the vectors turned back.
        flops = matrices.reduce(0) { $0 + 9 * $1.size * $1.size * $1.size }
        var target = 0
        self.matrices = matrices.map { matrix in
            defer { target += matrix.size * (matrix.size + 1) }
            return (matrix.offset, target, matrix.size)
        }.sorted { ($1.size, $0.target) < ($0.size, $1.target) }
    }

    package func run(_ state: RunState) {
        state.flops += flops
        parallelFor(matrices.count) { index in
            let (source, target, size) = self.matrices[index]
            let values = Operand(
                address: self.result.address + target * 8, storage: .float64, sizes: [size])
            let vectors = Operand(
                address: self.result.address + (target + size) * 8, storage: .float64, sizes: [size, size])
            vectors.address.copyMemory(from: self.packed.address + source * 8, byteCount: size * size * 8)
            if vectors.firstNonFinite == nil, (try? LAPACK.symmetricEigen(vectors, values: values)) != nil { return }
            let all = Operand(
                address: self.result.address + target * 8, storage: .float64, sizes: [size * (size + 1)])
            all.fill([Double](repeating: .nan, count: all.count))
        }
    }
}
