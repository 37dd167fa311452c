import COpenBLAS

/// Whether the kernel at hand multiplies right: small products in all four precisions and transposes, and what else is called of
/// BLAS, against plain loops.
///
/// Entries are small whole numbers, so that every sum is exact in every precision and order: equal means equal.
struct ProductCheck {
    // Beyond the tiles of every kernel, and no multiple of them.
    private let m = 70
    private let n = 67
    private let k = 45

    var passes: Bool { realProductsAgree && complexProductsAgree && vectorsAgree }

    /// Row-major (rows, columns); `seed` tells matrices apart.
    private func entries(_ rows: Int, _ columns: Int, seed: Int) -> [Double] {
        (0..<rows * columns).map { index in Double((index &* 2_654_435_761 &+ seed &* 40_503) >> 7 & 7) - 3 }
    }

    /// (rows, columns) with `parts` numbers an entry.
    private func transposed(_ a: [Double], _ rows: Int, _ columns: Int, parts: Int = 1) -> [Double] {
        var result = a
        for i in 0..<rows {
            for j in 0..<columns {
                for p in 0..<parts { result[(j * rows + i) * parts + p] = a[(i * columns + j) * parts + p] }
            }
        }
        return result
    }

    private func product(_ a: [Double], _ b: [Double]) -> [Double] {
        var c = [Double](repeating: 0, count: m * n)
        for i in 0..<m { for l in 0..<k { for j in 0..<n { c[i * n + j] += a[i * k + l] * b[l * n + j] } } }
        return c
    }

    private var realProductsAgree: Bool {
        let (a, b) = (entries(m, k, seed: 1), entries(k, n, seed: 2))
        let expected = product(a, b)
        return allTransposes { transposeA, transposeB in
            let x = transposeA ? transposed(a, m, k) : a
            let y = transposeB ? transposed(b, k, n) : b
            var c = [Double](repeating: 0, count: m * n)
            cblas_dgemm(
                CblasRowMajor, letter(transposeA), letter(transposeB), size(m), size(n), size(k), 1, x,
                size(transposeA ? m : k), y, size(transposeB ? k : n), 0, &c, size(n))
            var single = [Float](repeating: 0, count: m * n)
            cblas_sgemm(
                CblasRowMajor, letter(transposeA), letter(transposeB), size(m), size(n), size(k), 1, x.map(Float.init),
                size(transposeA ? m : k), y.map(Float.init), size(transposeB ? k : n), 0, &single, size(n))
            return c == expected && single.map(Double.init) == expected
        }
    }

    private var complexProductsAgree: Bool {
        let (ar, ai) = (entries(m, k, seed: 3), entries(m, k, seed: 4))
        let (br, bi) = (entries(k, n, seed: 5), entries(k, n, seed: 6))
        let (rr, ii, ri, ir) = (product(ar, br), product(ai, bi), product(ar, bi), product(ai, br))
        func paired(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).flatMap { [$0, $1] } }
        let expected = paired(zip(rr, ii).map(-), zip(ri, ir).map(+))
        let (a, b) = (paired(ar, ai), paired(br, bi))
        return allTransposes { transposeA, transposeB in
            let x = transposeA ? transposed(a, m, k, parts: 2) : a
            let y = transposeB ? transposed(b, k, n, parts: 2) : b
            var c = [Double](repeating: 0, count: 2 * m * n)
            cblas_zgemm(
                CblasRowMajor, letter(transposeA), letter(transposeB), size(m), size(n), size(k), [1.0, 0.0], x,
                size(transposeA ? m : k), y, size(transposeB ? k : n), [0.0, 0.0], &c, size(n))
            var single = [Float](repeating: 0, count: 2 * m * n)
            cblas_cgemm(
                CblasRowMajor, letter(transposeA), letter(transposeB), size(m), size(n), size(k), [Float(1), 0],
                x.map(Float.init), size(transposeA ? m : k), y.map(Float.init), size(transposeB ? k : n),
                [Float(0), 0],
                &single, size(n))
            return c == expected && single.map(Double.init) == expected
        }
    }

    /// A matrix by a vector, a product with its own transpose, inner products, sums.
    private var vectorsAgree: Bool {
        let (a, b) = (entries(m, k, seed: 1), entries(k, n, seed: 2))
        let expected = product(a, b)
        let (column, firstColumn) = (transposed(b, k, n).prefix(k).map { $0 }, (0..<m).map { expected[$0 * n] })
        let (single, singleColumn) = (a.map(Float.init), column.map(Float.init))
        for isTransposed in [false, true] {
            let (rows, columns) = isTransposed ? (k, m) : (m, k)
            let x = isTransposed ? transposed(a, m, k) : a
            var y = [Double](repeating: 0, count: m)
            cblas_dgemv(
                CblasRowMajor, letter(isTransposed), size(rows), size(columns), 1, x, size(columns), column, 1, 1, &y, 1
            )
            var z = [Float](repeating: 0, count: m)
            cblas_sgemv(
                CblasRowMajor, letter(isTransposed), size(rows), size(columns), 1, x.map(Float.init), size(columns),
                singleColumn, 1, 1, &z, 1)
            guard y == firstColumn, z.map(Double.init) == firstColumn else { return false }
        }
        guard cblas_ddot(size(k), a, 1, column, 1) == expected[0],
            cblas_dsdot(size(k), single, 1, singleColumn, 1) == expected[0]
        else { return false }
        var (sum, singleSum) = (a, single)
        cblas_daxpy(size(m * k), 2, a, 1, &sum, 1)
        cblas_saxpy(size(m * k), 2, single, 1, &singleSum, 1)
        guard sum == a.map({ 3 * $0 }), singleSum.map(Double.init) == sum else { return false }
        var gram = [Double](repeating: 0, count: m * m)
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, size(m), size(k), 1, a, size(k), 0, &gram, size(m))
        var singleGram = [Float](repeating: 0, count: m * m)
        cblas_ssyrk(
            CblasRowMajor, CblasUpper, CblasNoTrans, size(m), size(k), 1, single, size(k), 0, &singleGram, size(m))
        for i in 0..<m {
            for j in i..<m {
                let expected = (0..<k).reduce(0) { $0 + a[i * k + $1] * a[j * k + $1] }
                guard gram[i * m + j] == expected, Double(singleGram[i * m + j]) == expected else { return false }
            }
        }
        return true
    }

    private func allTransposes(_ agrees: (Bool, Bool) -> Bool) -> Bool {
        [false, true].allSatisfy { a in [false, true].allSatisfy { b in agrees(a, b) } }
    }

    private func letter(_ transpose: Bool) -> CBLAS_TRANSPOSE { transpose ? CblasTrans : CblasNoTrans }
    private func size(_ extent: Int) -> blasint { blasint(extent) }
}
