/// A function of a symmetric matrix through its eigenvalues: V f(L) V^T.
enum SymmetricFunction {
    /// - Parameters:
    ///   - vectors: The matrix (n, n), row-major; becomes its eigenvectors, or is destroyed.
    ///   - result: (n, n) in float64, other memory than the matrix.
    ///   - function: From the eigenvalues, ascending, to the function's; nil where it has none there.
    /// - Returns: false where the matrix is not finite, has no decomposition, or `function` gives none: then `result` is left alone.
    static func apply(
        to vectors: inout [Double], order n: Int, into result: UnsafeMutableRawPointer,
        _ function: ([Double]) -> [Double]?
    ) -> Bool {
        guard vectors.allSatisfy(\.isFinite) else { return false }
        var values = [Double](repeating: 0, count: n)
        let isDecomposed = vectors.withUnsafeMutableBytes { vectors in
            values.withUnsafeMutableBytes { values in
                (try? LAPACK.symmetricEigen(
                    Operand(address: vectors.baseAddress!, storage: .float64, sizes: [n, n]),
                    values: Operand(address: values.baseAddress!, storage: .float64, sizes: [n]))) != nil
            }
        }
        guard isDecomposed, let gains = function(values) else { return false }
        var scaled = vectors
        for i in 0..<n {
            for j in 0..<n { scaled[i * n + j] *= gains[i] }
        }
        BLAS.gemm(
            .float64, transposeA: true, transposeB: false, m: n, n: n, k: n, a: vectors, lda: n, b: scaled, ldb: n,
            beta: 0, c: result, ldc: n)
        return true
    }

    /// What it takes beside its result: eigenvectors, scaled ones, eigenvalues, and LAPACK's.
    static func scratchBytes(order n: Int) -> Int { (2 * n * n + n) * 8 + LAPACK.symmetricEigenWorkBytes(order: n) }
}
