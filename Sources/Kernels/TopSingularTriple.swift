/// The largest singular value of a matrix and its vectors, by Lanczos bidiagonalization with full reorthogonalization, restarted with the best vector so
/// far (Golub and Kahan 1965). One thread.
struct TopSingularTriple {
    private(set) var value = 0.0
    private(set) var left: [Double]
    private(set) var right: [Double]

    private static let depth = 24
    private static let mostRestarts = 400
    private static let tolerance = 1e-15

    /// - Parameters:
    ///   - matrix: (m, n) of float64. What is not finite gives NaN.
    ///   - start: Not orthogonal to the right singular vector.
    init(of matrix: Operand, start: [Double]) {
        let (m, n) = (matrix.sizes[0], matrix.sizes[1])
        (left, right) = ([Double](repeating: 0, count: m), start)
        if m == 0 || n == 0 { return }
        guard matrix.firstNonFinite == nil else {
            (value, left, right) = (.nan, left.map { _ in .nan }, right.map { _ in .nan })
            return
        }
        TopSingularTriple.normalize(&right)
        for _ in 0..<TopSingularTriple.mostRestarts {
            let previous = value
            let residual = sweep(matrix, m, n)
            if value == 0 || residual <= TopSingularTriple.tolerance * value { break }
            // Where rounding ends progress.
            if previous > 0, abs(value - previous) <= 1e-16 * value, residual <= 1e-12 * value { break }
        }
    }

    /// One bidiagonalization from `right`, and the best triple of it. Returns the residual's norm.
    private mutating func sweep(_ matrix: Operand, _ m: Int, _ n: Int) -> Double {
        let depth = min(TopSingularTriple.depth, m, n)
        var (us, vs): ([[Double]], [[Double]]) = ([], [right])
        var (alphas, betas): ([Double], [Double]) = ([], [])
        while alphas.count < depth {
            var u = TopSingularTriple.product(matrix, vs.last!, transposed: false)
            TopSingularTriple.orthogonalize(&u, to: us)
            let alpha = TopSingularTriple.normalize(&u)
            us.append(u)
            alphas.append(alpha)
            if alpha == 0 { break }
            var v = TopSingularTriple.product(matrix, u, transposed: true)
            TopSingularTriple.orthogonalize(&v, to: vs)
            let beta = TopSingularTriple.normalize(&v)
            betas.append(beta)
            if beta <= 1e-300 || alphas.count == depth { break }
            vs.append(v)
        }
        // A V = U B with B upper bidiagonal.
        let k = alphas.count
        let memory = Memory(byteCount: (3 * k * k + k) * 8)
        defer { withExtendedLifetime(memory) {} }
        func square(_ place: Int) -> Operand {
            Operand(address: memory.address + place * k * k * 8, storage: .float64, sizes: [k, k])
        }
        let (b, x, yTransposed) = (square(0), square(1), square(2))
        let values = Operand(address: memory.address + 3 * k * k * 8, storage: .float64, sizes: [k])
        var entries = [Double](repeating: 0, count: k * k)
        for i in 0..<k {
            entries[i * k + i] = alphas[i]
            if i + 1 < k { entries[i * k + i + 1] = betas[i] }
        }
        b.fill(entries)
        guard (try? LAPACK.singularValues(b, values: values, u: x, vTransposed: yTransposed)) != nil else { return 0 }
        value = values.doubles[0]
        let (coefficients, others) = (x.doubles, yTransposed.doubles)
        left = TopSingularTriple.combination(us, (0..<k).map { coefficients[$0 * k] })
        right = TopSingularTriple.combination(vs, (0..<k).map { others[$0] })
        TopSingularTriple.normalize(&left)
        TopSingularTriple.normalize(&right)
        return betas.count == k ? betas[k - 1] * abs(coefficients[(k - 1) * k]) : 0
    }

    private static func product(_ a: Operand, _ x: [Double], transposed: Bool) -> [Double] {
        let (m, n) = (a.sizes[0], a.sizes[1])
        var y = [Double](repeating: 0, count: transposed ? n : m)
        x.withUnsafeBufferPointer { x in
            y.withUnsafeMutableBufferPointer { y in
                BLAS.gemv(
                    .float64, transpose: transposed, rows: m, columns: n, a: a.address, lda: n, x: x.baseAddress!,
                    strideX: 1, y: y.baseAddress!, strideY: 1)
            }
        }
        return y
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private static func orthogonalize(_ x: inout [Double], to basis: [[Double]]) {
        for _ in 0..<2 {
            for vector in basis {
                let product = dot(x, vector)
                for i in x.indices { x[i] -= product * vector[i] }
            }
        }
    }

    @discardableResult private static func normalize(_ x: inout [Double]) -> Double {
        let norm = dot(x, x).squareRoot()
        if norm > 0 { for i in x.indices { x[i] /= norm } }
        return norm
    }

    private static func combination(_ vectors: [[Double]], _ factors: [Double]) -> [Double] {
        var sum = [Double](repeating: 0, count: vectors[0].count)
        for (vector, factor) in zip(vectors, factors) { for i in sum.indices { sum[i] += factor * vector[i] } }
        return sum
    }
}
