/// Inverses of symmetric matrices in a packed vector, each with a multiple of the identity added, side by side: Cholesky on each, with one thread. One
/// that is not positive definite is inverted by its eigendecomposition. A matrix that is not finite, or is singular to the last bit, gives NaN or infinity.
package final class DampedInverseKernel: Kernel {
    private let packed, dampings, result: Operand
    /// Offsets in the packed vector and in the result, and sizes; large ones first, so that the last to end is a small one.
    private let matrices: [(index: Int, source: Int, target: Int, size: Int)]
    package let matmulFlops = 0
    package let flops: Int

    /// - Parameters:
    ///   - packed, dampings: vectors of float64; a damping for each matrix.
    ///   - result: float64: the inverses, and then a number for each matrix: 0 for Cholesky, 1 for an eigendecomposition.
    package init(_ packed: Operand, dampings: Operand, matrices: [(offset: Int, size: Int)], result: Operand) {
        for operand in [packed, dampings, result] {
            precondition(operand.storage == .float64 && operand.isContiguous)
        }
        precondition(result.count == matrices.reduce(0) { $0 + $1.size * $1.size + 1 })
        (self.packed, self.dampings, self.result) = (packed, dampings, result)
        flops = matrices.reduce(0) { $0 + Self.flops(order: $1.size) }
        var target = 0
        self.matrices = matrices.enumerated().map { index, matrix in
            defer { target += matrix.size * matrix.size }
            return (index, matrix.offset, target, matrix.size)
        }.sorted { ($1.size, $0.target) < ($0.size, $1.target) }
    }

    /// Nominal: the factor, and the inverse from it.
    package static func flops(order n: Int) -> Int { n * n * n }
    /// Of one that is not positive definite.
    package static func scratchBytes(order n: Int) -> Int { SymmetricFunction.scratchBytes(order: n) }

    package func run(_ state: RunState) {
        state.flops += flops
        let marks = result.address + (result.count - matrices.count) * 8
        parallelFor(matrices.count) { place in
            let (index, _, target, size) = self.matrices[place]
            let own = Operand(address: self.result.address + target * 8, storage: .float64, sizes: [size, size])
            let mark = Operand(address: marks + index * 8, storage: .float64, sizes: [1])
            self.copy(place, to: own)
            mark.fill([0])
            if own.firstNonFinite != nil {
                own.fill([Double](repeating: .nan, count: own.count))
            } else if (try? LAPACK.cholesky(own)) == nil || (try? LAPACK.choleskyInverse(factor: own)) == nil {
                mark.fill([1])
                self.copy(place, to: own)
                self.invertByEigenvectors(own)
            }
        }
    }

    private func copy(_ place: Int, to own: Operand) {
        let (index, source, _, size) = matrices[place]
        own.address.copyMemory(from: packed.address + source * 8, byteCount: size * size * 8)
        let entries = own.address.assumingMemoryBound(to: Double.self)
        let damping = dampings.address.assumingMemoryBound(to: Double.self)[index]
        for i in 0..<size { entries[i * (size + 1)] += damping }
    }

    private func invertByEigenvectors(_ a: Operand) {
        var matrix = a.doubles
        let isInverted = SymmetricFunction.apply(to: &matrix, order: a.sizes[0], into: a.address) { $0.map { 1 / $0 } }
        if !isInverted { a.fill([Double](repeating: .nan, count: a.count)) }
    }
}
