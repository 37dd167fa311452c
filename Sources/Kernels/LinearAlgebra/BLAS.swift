import COpenBLAS
import CProcessor

/// OpenBLAS, one thread for each call. Every call of BLAS in the package is in this file, so that
/// they can be counted, traced, or replaced.
///
/// Matrices are row-major; strides are in elements and positive. Addresses point to elements of `storage`, which
/// is `float32` or `float64`.
package enum BLAS {
    private static let prepared: Void = {
        _ = BLASKernel.current
        openblas_set_num_threads(1)
    }()

    /// Chooses OpenBLAS's kernel and turns off its threads. Whoever calls LAPACK without having called BLAS here needs it first.
    package static func prepare() { prepared }

    /// The library and its version, such as "OpenBLAS 0.3.21".
    package static let versionText: String = {
        guard let text = cprocessor_blas_configuration() else { return "a BLAS that does not tell its name" }
        return String(cString: text).split(separator: " ").prefix(2).joined(separator: " ")
    }()

    /// C = alpha op(A) op(B) + beta C, where op(A) is m x k and op(B) is k x n. With beta 0, C is not read.
    package static func gemm(
        _ storage: Storage, transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Double = 1,
        a: UnsafeRawPointer, lda: Int, b: UnsafeRawPointer, ldb: Int, beta: Double, c: UnsafeMutableRawPointer, ldc: Int
    ) {
        prepare()
        let transA = transposeA ? CblasTrans : CblasNoTrans
        let transB = transposeB ? CblasTrans : CblasNoTrans
        let (m, n, k) = (blasint(m), blasint(n), blasint(k))
        let (lda, ldb, ldc) = (blasint(lda), blasint(ldb), blasint(ldc))
        switch storage {
        case .float32:
            cblas_sgemm(
                CblasRowMajor, transA, transB, m, n, k, Float(alpha), a.assumingMemoryBound(to: Float.self), lda,
                b.assumingMemoryBound(to: Float.self), ldb, Float(beta), c.assumingMemoryBound(to: Float.self), ldc)
        case .float64:
            cblas_dgemm(
                CblasRowMajor, transA, transB, m, n, k, alpha, a.assumingMemoryBound(to: Double.self), lda,
                b.assumingMemoryBound(to: Double.self), ldb, beta, c.assumingMemoryBound(to: Double.self), ldc)
        default: preconditionFailure("BLAS has no \(storage)")
        }
    }

    /// y += alpha op(A) x, where A is stored with `rows` x `columns`.
    package static func gemv(
        _ storage: Storage, transpose: Bool, rows: Int, columns: Int, alpha: Double = 1, a: UnsafeRawPointer, lda: Int,
        x: UnsafeRawPointer, strideX: Int, y: UnsafeMutableRawPointer, strideY: Int
    ) {
        prepare()
        let trans = transpose ? CblasTrans : CblasNoTrans
        let (rows, columns, lda) = (blasint(rows), blasint(columns), blasint(lda))
        let (strideX, strideY) = (blasint(strideX), blasint(strideY))
        switch storage {
        case .float32:
            cblas_sgemv(
                CblasRowMajor, trans, rows, columns, Float(alpha), a.assumingMemoryBound(to: Float.self), lda,
                x.assumingMemoryBound(to: Float.self), strideX, 1, y.assumingMemoryBound(to: Float.self), strideY)
        case .float64:
            cblas_dgemv(
                CblasRowMajor, trans, rows, columns, alpha, a.assumingMemoryBound(to: Double.self), lda,
                x.assumingMemoryBound(to: Double.self), strideX, 1, y.assumingMemoryBound(to: Double.self), strideY)
        default: preconditionFailure("BLAS has no \(storage)")
        }
    }

    /// C = alpha op(A) op(A)^T + beta C, the upper triangle of n x n only, where op(A) is n x k.
    package static func syrk(
        _ storage: Storage, transpose: Bool, n: Int, k: Int, alpha: Double = 1, a: UnsafeRawPointer, lda: Int,
        beta: Double, c: UnsafeMutableRawPointer, ldc: Int
    ) {
        prepare()
        let trans = transpose ? CblasTrans : CblasNoTrans
        let (n, k, lda, ldc) = (blasint(n), blasint(k), blasint(lda), blasint(ldc))
        switch storage {
        case .float32:
            cblas_ssyrk(
                CblasRowMajor, CblasUpper, trans, n, k, Float(alpha), a.assumingMemoryBound(to: Float.self), lda,
                Float(beta), c.assumingMemoryBound(to: Float.self), ldc)
        case .float64:
            cblas_dsyrk(
                CblasRowMajor, CblasUpper, trans, n, k, alpha, a.assumingMemoryBound(to: Double.self), lda, beta,
                c.assumingMemoryBound(to: Double.self), ldc)
        default: preconditionFailure("BLAS has no \(storage)")
        }
    }

    /// y += alpha x.
    package static func axpy(
        _ storage: Storage, count: Int, alpha: Double, x: UnsafeRawPointer, strideX: Int = 1,
        y: UnsafeMutableRawPointer, strideY: Int = 1
    ) {
        prepare()
        let (count, strideX, strideY) = (blasint(count), blasint(strideX), blasint(strideY))
        switch storage {
        case .float32:
            cblas_saxpy(
                count, Float(alpha), x.assumingMemoryBound(to: Float.self), strideX,
                y.assumingMemoryBound(to: Float.self), strideY)
        case .float64:
            cblas_daxpy(
                count, alpha, x.assumingMemoryBound(to: Double.self), strideX, y.assumingMemoryBound(to: Double.self),
                strideY)
        default: preconditionFailure("BLAS has no \(storage)")
        }
    }

    /// The inner product, accumulated in double precision for either storage.
    package static func dot(
        _ storage: Storage, count: Int, x: UnsafeRawPointer, strideX: Int = 1, y: UnsafeRawPointer, strideY: Int = 1
    ) -> Double {
        prepare()
        let (count, strideX, strideY) = (blasint(count), blasint(strideX), blasint(strideY))
        switch storage {
        case .float32:
            return cblas_dsdot(
                count, x.assumingMemoryBound(to: Float.self), strideX, y.assumingMemoryBound(to: Float.self), strideY)
        case .float64:
            return cblas_ddot(
                count, x.assumingMemoryBound(to: Double.self), strideX, y.assumingMemoryBound(to: Double.self), strideY)
        default: preconditionFailure("BLAS has no \(storage)")
        }
    }
}
