/// The positive semidefinite square roots of many symmetric matrices, each by its eigendecomposition. A matrix that is not finite, or has an eigenvalue
/// below zero by more than rounding, gives NaN.
package final class SymmetricRootKernel: Kernel {
    private let source: Operand
    private let result: Operand
    private let size: Int
    private let count: Int
    /// Matrices that one task takes: small ones together.
    private let matricesPerTask: Int
    package let matmulFlops = 0
    package let flops: Int

    /// - Parameters:
    ///   - source: (..., n, n), contiguous, float32 or float64; lower triangles are read.
    ///   - result: of the same sizes, contiguous.
    package init(_ source: Operand, result: Operand) {
        precondition(source.isContiguous && result.isContiguous && source.sizes == result.sizes)
        (self.source, self.result) = (source, result)
        size = source.sizes.last!
        count = source.sizes.dropLast(2).reduce(1, *)
        flops = count * Self.flops(order: size)
        matricesPerTask = max(1, 4096 / max(1, size * size * size))
    }

    /// Nominal: the decomposition with its vectors (Golub and Van Loan 2013, section 8.3), and a product.
    package static func flops(order n: Int) -> Int { 11 * n * n * n }
    /// What a task takes: the matrix, its eigenvalues, a scaled copy, and LAPACK's.
    package static func scratchBytes(order n: Int) -> Int {
        (3 * n * n + n) * 8 + LAPACK.symmetricEigenWorkBytes(order: n)
    }

    package func run(_ state: RunState) {
        state.flops += flops
        if size == 0 { return }
        parallelFor((count + matricesPerTask - 1) / matricesPerTask) { task in
            let first = task * self.matricesPerTask
            for index in first..<min(first + self.matricesPerTask, self.count) { self.root(index) }
        }
    }

    private func root(_ index: Int) {
        let n = size
        let target = result.elements(from: index * n * n, count: n * n)
        var matrix = source.elements(from: index * n * n, count: n * n).doubles
        var values = [Double](repeating: 0, count: n)
        guard matrix.allSatisfy(\.isFinite), Self.decompose(&matrix, &values, n) else {
            target.fill([Double](repeating: .nan, count: n * n))
            return
        }
        // What the run's precision rounds an eigenvalue of zero to.
        let rounding = source.storage == .float64 ? 1e-12 : 1e-4
        guard values[0] >= -rounding * max(abs(values[0]), abs(values[n - 1])) else {
            target.fill([Double](repeating: .nan, count: n * n))
            return
        }
        var scaled = matrix
        for i in 0..<n {
            let root = max(0, values[i]).squareRoot()
            for j in 0..<n { scaled[i * n + j] *= root }
        }
        var product = [Double](repeating: 0, count: n * n)
        BLAS.gemm(
            .float64, transposeA: true, transposeB: false, m: n, n: n, k: n, a: matrix, lda: n, b: scaled, ldb: n,
            beta: 0, c: &product, ldc: n)
        target.fill(product)
    }

    /// Eigenvectors, one in each row, take the matrix's place.
    private static func decompose(_ matrix: inout [Double], _ values: inout [Double], _ n: Int) -> Bool {
        matrix.withUnsafeMutableBytes { a in
            values.withUnsafeMutableBytes { w in
                let matrix = Operand(address: a.baseAddress!, storage: .float64, sizes: [n, n])
                let values = Operand(address: w.baseAddress!, storage: .float64, sizes: [n])
                return (try? LAPACK.symmetricEigen(matrix, values: values)) != nil
            }
        }
    }
}
