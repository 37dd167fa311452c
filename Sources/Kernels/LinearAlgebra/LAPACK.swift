import COpenBLAS

/// LAPACK, one thread for each call. Every call of LAPACK in the package is in this file.
///
/// Operands are float64, row-major and contiguous. The routines are Fortran's and see the transpose of each matrix, which for
/// symmetric ones is the same; nothing is copied to turn it around. Memory that a routine wants beside its operands lives as
/// long as the call.
package enum LAPACK {
    /// Eigenvalues in ascending order, and eigenvectors.
    ///
    /// - Parameters:
    ///   - a: symmetric (n, n), the lower triangle is read; becomes the eigenvectors, **one in each row**, or is destroyed.
    ///   - values: (n).
    package static func symmetricEigen(_ a: Operand, values: Operand, vectors: Bool = true) throws {
        let n = order(a)
        precondition(values.storage == .float64 && values.count == n)
        if n == 0 { return }
        BLAS.prepare()
        var (job, triangle): (CChar, CChar) = (vectors ? letter("V") : letter("N"), letter("U"))
        var (size, ld, status) = (Int32(n), Int32(n), Int32(0))
        var (workSize, integerSize) = (Int32(-1), Int32(-1))
        var (bestWork, bestInteger) = (0.0, Int32(0))
        dsyevd_(
            &job, &triangle, &size, doubles(a), &ld, doubles(values), &bestWork, &workSize, &bestInteger, &integerSize,
            &status, 1, 1)
        (workSize, integerSize) = (Int32(bestWork), bestInteger)
        var work = [Double](repeating: 0, count: Int(workSize))
        var integers = [Int32](repeating: 0, count: Int(integerSize))
        dsyevd_(
            &job, &triangle, &size, doubles(a), &ld, doubles(values), &work, &workSize, &integers, &integerSize,
            &status,
            1, 1)
        try check(status, "syevd", "the eigenvalues of a matrix of order \(n) did not converge")
    }

    /// Work arrays of ``symmetricEigen(_:values:vectors:)`` with eigenvectors.
    package static func symmetricEigenWorkBytes(order n: Int) -> Int { (2 * n * n + 6 * n + 1) * 8 + (5 * n + 3) * 4 }

    /// A = L L^T: the lower triangle of `a` (n, n) becomes L; above the diagonal it is left alone.
    package static func cholesky(_ a: Operand) throws {
        let n = order(a)
        if n == 0 { return }
        BLAS.prepare()
        var (triangle, size, ld, status) = (letter("U"), Int32(n), Int32(n), Int32(0))
        dpotrf_(&triangle, &size, doubles(a), &ld, &status, 1)
        try check(
            status, "potrf",
            "the matrix of order \(n) is not positive definite: its leading minor of order \(status) is not positive")
    }

    /// X = A^-1 B from the factor of ``cholesky(_:)``. B is given transposed: **each row** of `b` (k, n) is a
    /// right-hand side and becomes a solution.
    package static func choleskySolve(factor: Operand, _ b: Operand) throws {
        let n = order(factor)
        precondition(b.storage == .float64 && b.isContiguous && b.rank == 2 && b.sizes[1] == n)
        if b.count == 0 { return }
        BLAS.prepare()
        var (triangle, size, count, status) = (letter("U"), Int32(n), Int32(b.sizes[0]), Int32(0))
        var (lda, ldb) = (size, size)
        dpotrs_(&triangle, &size, &count, doubles(factor), &lda, doubles(b), &ldb, &status, 1)
        try check(status, "potrs", "")
    }

    /// The factor of ``cholesky(_:)`` becomes A^-1, all of it.
    package static func choleskyInverse(factor a: Operand) throws {
        let n = order(a)
        if n == 0 { return }
        BLAS.prepare()
        var (triangle, size, ld, status) = (letter("U"), Int32(n), Int32(n), Int32(0))
        dpotri_(&triangle, &size, doubles(a), &ld, &status, 1)
        try check(status, "potri", "the factor has a zero at place \(status) of its diagonal")
        let values = doubles(a)
        for i in 0..<n { for j in i + 1..<n { values[i * n + j] = values[j * n + i] } }
    }

    /// P A = L U, by rows of `a` (n, n): any square matrix. `pivots` (n) are the rows that were exchanged, from 0.
    package static func lu(_ a: Operand, pivots: inout [Int32]) throws {
        let n = order(a)
        pivots = [Int32](repeating: 0, count: n)
        if n == 0 { return }
        BLAS.prepare()
        var (rows, columns, ld, status) = (Int32(n), Int32(n), Int32(n), Int32(0))
        dgetrf_(&rows, &columns, doubles(a), &ld, &pivots, &status)
        try check(status, "getrf", "the matrix of order \(n) is singular: pivot \(status) is zero")
    }

    /// X = A^-1 B from the factors of ``lu(_:pivots:)``. **Each row** of `b` (k, n) is a right-hand side and becomes a solution.
    package static func luSolve(factors: Operand, pivots: [Int32], _ b: Operand) throws {
        let n = order(factors)
        precondition(b.storage == .float64 && b.isContiguous && b.rank == 2 && b.sizes[1] == n)
        if b.count == 0 { return }
        BLAS.prepare()
        // What Fortran sees is the transpose.
        var (job, size, count, status) = (letter("T"), Int32(n), Int32(b.sizes[0]), Int32(0))
        var (lda, ldb) = (size, size)
        var pivots = pivots
        dgetrs_(&job, &size, &count, doubles(factors), &lda, &pivots, doubles(b), &ldb, &status, 1)
        try check(status, "getrs", "")
    }

    /// The positive semidefinite A with rows and columns in the order `pivots` is L L^T, L having `rank` columns; what is left
    /// is below `tolerance` (absolute; nil: n times the rounding of the largest diagonal element).
    ///
    /// The first `rank` columns of the lower triangle of `a` become those of L; the rest is not defined.
    package static func pivotedCholesky(_ a: Operand, tolerance: Double? = nil) throws -> (rank: Int, pivots: [Int]) {
        let n = order(a)
        if n == 0 { return (0, []) }
        BLAS.prepare()
        var (triangle, size, ld, status) = (letter("U"), Int32(n), Int32(n), Int32(0))
        // A negative one stands for the default.
        var (rank, bound) = (Int32(0), tolerance ?? -1)
        var pivots = [Int32](repeating: 0, count: n)
        var work = [Double](repeating: 0, count: 2 * n)
        dpstrf_(&triangle, &size, doubles(a), &ld, &pivots, &rank, &bound, &work, &status, 1)
        // A positive status says that the rank is deficient, which is no error.
        if status < 0 { try check(status, "pstrf", "") }
        return (Int(rank), pivots.map { Int($0) - 1 })
    }

    /// A = Q R by Householder reflections, for `a` (m, n) with m >= n, which becomes Q (m, n). `r` (n, n) is upper
    /// triangular, zeros below.
    package static func qr(_ a: Operand, r: Operand) throws {
        precondition(a.storage == .float64 && a.isContiguous && a.rank == 2 && a.sizes[0] >= a.sizes[1])
        let (m, n) = (a.sizes[0], a.sizes[1])
        precondition(order(r) == n)
        if n == 0 { return }
        BLAS.prepare()
        // Fortran sees A^T (n, m) = L Q': L^T is R, and Q' is Q^T, whose memory is that of Q in row-major order.
        var (rows, columns, ld, status) = (Int32(n), Int32(m), Int32(n), Int32(0))
        var reflections = [Double](repeating: 0, count: n)
        var (workSize, best) = (Int32(-1), 0.0)
        dgelqf_(&rows, &columns, doubles(a), &ld, &reflections, &best, &workSize, &status)
        workSize = Int32(best)
        var work = [Double](repeating: 0, count: Int(workSize))
        dgelqf_(&rows, &columns, doubles(a), &ld, &reflections, &work, &workSize, &status)
        try check(status, "gelqf", "")
        let (values, triangle) = (doubles(a), doubles(r))
        // Column j of L is row j of A^T's memory, that is R[j, i] at a[j, i].
        for j in 0..<n { for i in 0..<n { triangle[j * n + i] = i >= j ? values[j * n + i] : 0 } }
        workSize = -1
        var rank = rows
        dorglq_(&rows, &columns, &rank, doubles(a), &ld, &reflections, &best, &workSize, &status)
        workSize = Int32(best)
        if Int(workSize) > work.count { work = [Double](repeating: 0, count: Int(workSize)) }
        dorglq_(&rows, &columns, &rank, doubles(a), &ld, &reflections, &work, &workSize, &status)
        try check(status, "orglq", "")
    }

    /// A = U diag(s) V^T, thin: `a` (m, n) is destroyed, `values` (p) descend, `u` is (m, p), `vTransposed` (p, n), where p is
    /// the smaller of m and n. Without `u` and `vTransposed`, values only.
    package static func singularValues(
        _ a: Operand, values: Operand, u: Operand? = nil, vTransposed: Operand? = nil
    ) throws {
        precondition(a.storage == .float64 && a.isContiguous && a.rank == 2 && (u == nil) == (vTransposed == nil))
        let (m, n) = (a.sizes[0], a.sizes[1])
        let p = min(m, n)
        precondition(values.storage == .float64 && values.count == p)
        if let u, let vTransposed { precondition(u.sizes == [m, p] && vTransposed.sizes == [p, n]) }
        if p == 0 { return }
        BLAS.prepare()
        // Fortran sees A^T = V diag(s) U^T: its left vectors are our V, in the memory of V^T.
        var job = u == nil ? letter("N") : letter("S")
        var (rows, columns, least, status) = (Int32(n), Int32(m), Int32(p), Int32(0))
        var (lda, ldu) = (rows, rows)
        var unused = 0.0
        var (workSize, best) = (Int32(-1), 0.0)
        var integers = [Int32](repeating: 0, count: 8 * p)
        func call(_ work: UnsafeMutablePointer<Double>) {
            withUnsafeMutablePointer(to: &unused) { none in
                dgesdd_(
                    &job, &rows, &columns, doubles(a), &lda, doubles(values), vTransposed.map(doubles) ?? none, &ldu,
                    u.map(doubles) ?? none, &least, work, &workSize, &integers, &status, 1)
            }
        }
        withUnsafeMutablePointer(to: &best) { call($0) }
        workSize = Int32(best)
        var work = [Double](repeating: 0, count: Int(workSize))
        work.withUnsafeMutableBufferPointer { call($0.baseAddress!) }
        try check(status, "gesdd", "the singular values of a matrix of \(m) x \(n) did not converge")
    }

    private static func order(_ a: Operand) -> Int {
        precondition(
            a.storage == .float64 && a.isContiguous && a.rank == 2 && a.sizes[0] == a.sizes[1],
            "expected a square matrix of float64, found \(a.storage) of sizes \(a.sizes)")
        return a.sizes[0]
    }

    private static func doubles(_ a: Operand) -> UnsafeMutablePointer<Double> {
        a.address.assumingMemoryBound(to: Double.self)
    }

    private static func letter(_ scalar: Unicode.Scalar) -> CChar { CChar(scalar.value) }

    private static func check(_ status: Int32, _ routine: String, _ meaning: String) throws {
        precondition(status >= 0, "\(routine): argument \(-status) is not valid")
        if status > 0 { throw LAPACKError(routine: routine, status: Int(status), meaning: meaning) }
    }
}
