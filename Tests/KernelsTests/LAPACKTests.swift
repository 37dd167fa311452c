import Testing

@testable import Kernels

@Suite struct LAPACKTests {
    private func matrix(_ rows: Int, _ columns: Int, seed: UInt64) -> TestArray {
        var generator = TestGenerator(seed: seed)
        return randomArray(.float64, [rows, columns], generator: &generator)
    }

    private func zeros(_ sizes: Int...) -> TestArray {
        var generator = TestGenerator(seed: 0)
        let array = TestArray(.float64, sizes, generator: &generator)
        array.fill { _ in 0 }
        return array
    }

    /// c[i, j] = sum of a[i, k] b[k, j], with strides that may transpose.
    private func product(_ a: [Double], _ b: [Double], _ m: Int, _ k: Int, _ n: Int, transposeA: Bool = false)
        -> [Double]
    {
        (0..<m * n).map { place in
            (0..<k).reduce(0) { $0 + a[transposeA ? $1 * m + place / n : place / n * k + $1] * b[$1 * n + place % n] }
        }
    }

    /// A A^T + I for a random A.
    private func definite(_ n: Int) -> TestArray {
        let a = matrix(n, n, seed: 12).values
        let result = zeros(n, n)
        result.fill { place in
            (0..<n).reduce(place / n == place % n ? 1 : 0) { $0 + a[place / n * n + $1] * a[place % n * n + $1] }
        }
        return result
    }

    @Test(arguments: [1, 2, 7, 40]) func symmetricEigen(n: Int) throws {
        let a = definite(n)
        let original = a.values
        let values = zeros(n)
        try LAPACK.symmetricEigen(a.operand, values: values.operand)
        #expect(zip(values.values, values.values.dropFirst()).allSatisfy { $0 <= $1 })
        // Rows are eigenvectors: A v = value v, and they are orthonormal.
        let vectors = a.values
        for row in 0..<n {
            let v = Array(vectors[row * n..<(row + 1) * n])
            let image = product(original, v, n, n, 1)
            #expect(close(image, v.map { $0 * values.values[row] }, 1e-12 * Double(n)))
            for other in 0...row {
                let u = vectors[other * n..<(other + 1) * n]
                #expect(close(zip(u, v).reduce(0) { $0 + $1.0 * $1.1 }, other == row ? 1 : 0, 1e-13))
            }
        }
        let only = definite(n)
        try LAPACK.symmetricEigen(only.operand, values: values.operand, vectors: false)
        #expect(close(values.values.reduce(0, +), (0..<n).reduce(0) { $0 + original[$1 * n + $1] }, 1e-12))
    }

    @Test(arguments: [1, 3, 20]) func cholesky(n: Int) throws {
        let a = definite(n)
        let original = a.values
        try LAPACK.cholesky(a.operand)
        let factor = a.values.enumerated().map { $0.offset % n <= $0.offset / n ? $0.element : 0 }
        let transposed = (0..<n * n).map { factor[$0 % n * n + $0 / n] }
        #expect(close(product(factor, transposed, n, n, n), original, 1e-12))
        // Two right-hand sides in rows.
        let b = matrix(2, n, seed: 13)
        let right = b.values
        try LAPACK.choleskySolve(factor: a.operand, b.operand)
        for row in 0..<2 {
            let x = Array(b.values[row * n..<(row + 1) * n])
            #expect(close(product(original, x, n, n, 1), Array(right[row * n..<(row + 1) * n]), 1e-10))
        }
        try LAPACK.choleskyInverse(factor: a.operand)
        let identity = (0..<n * n).map { $0 / n == $0 % n ? 1.0 : 0 }
        #expect(close(product(original, a.values, n, n, n), identity, 1e-10))
    }

    @Test func notPositiveDefinite() {
        let a = zeros(3, 3)
        a.fill { [1, 0, 0, 0, -1, 0, 0, 0, 1][$0] }
        #expect {
            try LAPACK.cholesky(a.operand)
        } throws: { error in
            "\(error)"
                == "the matrix of order 3 is not positive definite: its leading minor of order 2 is not positive (potrf, info 2)"
        }
    }

    @Test(arguments: [1, 3, 6]) func pivotedCholesky(rank: Int) throws {
        let n = 9
        let factor = matrix(n, rank, seed: 14).values
        let a = zeros(n, n)
        a.fill { place in
            (0..<rank).reduce(0) { $0 + factor[place / n * rank + $1] * factor[place % n * rank + $1] }
        }
        let original = a.values
        let (found, pivots) = try LAPACK.pivotedCholesky(a.operand)
        #expect(found == rank && pivots.sorted() == Array(0..<n))
        let l = a.values
        for i in 0..<n {
            for j in 0..<n {
                let sum = (0..<rank).reduce(0) { $0 + ($1 <= i && $1 <= j ? l[i * n + $1] * l[j * n + $1] : 0) }
                #expect(close(sum, original[pivots[i] * n + pivots[j]], 1e-12))
            }
        }
    }

    @Test(arguments: [(1, 1), (5, 5), (40, 7)]) func qr(shape: (Int, Int)) throws {
        let (m, n) = shape
        let a = matrix(m, n, seed: 15)
        let original = a.values
        let r = zeros(n, n)
        try LAPACK.qr(a.operand, r: r.operand)
        #expect(close(product(a.values, r.values, m, n, n), original, 1e-13))
        let identity = (0..<n * n).map { $0 / n == $0 % n ? 1.0 : 0 }
        #expect(close(product(a.values, a.values, n, m, n, transposeA: true), identity, 1e-13))
        #expect((0..<n * n).allSatisfy { $0 % n >= $0 / n || r.values[$0] == 0 })
    }

    @Test(arguments: [(1, 1), (4, 9), (9, 4)]) func singularValues(shape: (Int, Int)) throws {
        let (m, n) = shape
        let p = min(m, n)
        let a = matrix(m, n, seed: 16)
        let original = a.values
        let (values, u, v) = (zeros(p), zeros(m, p), zeros(p, n))
        try LAPACK.singularValues(a.operand, values: values.operand, u: u.operand, vTransposed: v.operand)
        let scaled = (0..<p * n).map { values.values[$0 / n] * v.values[$0] }
        #expect(close(product(u.values, scaled, m, p, n), original, 1e-13))
        #expect(zip(values.values, values.values.dropFirst()).allSatisfy { $0 >= $1 })
        let again = matrix(m, n, seed: 16)
        let only = zeros(p)
        try LAPACK.singularValues(again.operand, values: only.operand)
        #expect(close(only.values, values.values, 1e-13))
    }
}
