/// A function of a symmetric matrix through its eigenvalues: V f(L) V^T.
enum SymmetricFunction {
    /// - Parameters:
    ///   - a: (n, n), row-major.
    ///   - function: From the eigenvalues, ascending, to the function's; nil where it has none there.
    /// - Returns: nil where the matrix is not finite, has no decomposition, or `function` gives none.
    static func apply(to a: [Double], order n: Int, _ function: ([Double]) -> [Double]?) -> [Double]? {
        guard a.allSatisfy(\.isFinite) else { return nil }
        var (vectors, values) = (a, [Double](repeating: 0, count: n))
        let isDecomposed = vectors.withUnsafeMutableBytes { vectors in
            values.withUnsafeMutableBytes { values in
                (try? LAPACK.symmetricEigen(
                    Operand(address: vectors.baseAddress!, storage: .float64, sizes: [n, n]),
                    values: Operand(address: values.baseAddress!, storage: .float64, sizes: [n]))) != nil
            }
        }
        guard isDecomposed, let gains = function(values) else { return nil }
        var scaled = vectors
        for i in 0..<n {
            for j in 0..<n { scaled[i * n + j] *= gains[i] }
        }
        var product = [Double](repeating: 0, count: n * n)
        BLAS.gemm(
            .float64, transposeA: true, transposeB: false, m: n, n: n, k: n, a: vectors, lda: n, b: scaled, ldb: n,
            beta: 0, c: &product, ldc: n)
        return product
    }

    /// What ``apply(to:order:_:)`` takes beside its matrix: eigenvectors, scaled ones, the product, eigenvalues, and LAPACK's.
    static func scratchBytes(order n: Int) -> Int { (3 * n * n + n) * 8 + LAPACK.symmetricEigenWorkBytes(order: n) }
}
