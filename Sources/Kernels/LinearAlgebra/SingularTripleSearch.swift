/// The search for a matrix's largest singular value and its vectors, by Lanczos bidiagonalization with full reorthogonalization, restarted with the best
/// vector so far (Golub and Kahan 1965). Whoever searches multiplies: by the matrix and by its transpose in turn, until it has converged.
package struct SingularTripleSearch {
    package private(set) var value = 0.0
    package private(set) var left: [Double]
    package private(set) var right: [Double]
    /// Of the best triple so far: norm(A^T u - value v).
    package private(set) var residual = Double.infinity
    package var relativeResidual: Double { value == 0 ? 0 : residual / value }
    /// Whether the triple is as good as was asked, or as rounding allows.
    package private(set) var hasConverged = false

    /// What the next product is with: the last basis vector on the right, after the last one on the left.
    private var us: [[Double]] = []
    private var vs: [[Double]]
    private var alphas: [Double] = []
    private var betas: [Double] = []
    private let depth: Int
    private let tolerance: Double
    /// When the last basis was given up.
    private var previousResidual = Double.infinity

    /// - Parameters:
    ///   - rows: Of the matrix; its columns are the entries of `start`.
    ///   - start: Not orthogonal to the right singular vector.
    ///   - depth: Vectors of a basis on either side, before a restart.
    ///   - tolerance: Of the residual, relative to the value.
    package init(rows: Int, start: [Double], depth: Int, tolerance: Double) {
        (left, right, self.tolerance) = ([Double](repeating: 0, count: rows), start, tolerance)
        self.depth = min(depth, rows, start.count)
        normalize(&right)
        vs = [right]
        hasConverged = self.depth == 0
    }

    /// What `A v` is wanted of.
    package var rightVector: [Double] { vs.last! }
    /// What `A^T u` is wanted of; nil where the search has ended.
    package var leftVector: [Double]? { us.last }

    /// Takes A v for the `rightVector`.
    package mutating func take(product: [Double]) {
        if hasConverged { return }
        guard product.allSatisfy(\.isFinite) else { return fail() }
        var u = product
        orthogonalize(&u, to: us)
        alphas.append(normalize(&u))
        us.append(u)
    }

    /// Takes A^T u for the `leftVector`, which completes a step.
    package mutating func take(transposedProduct: [Double]) {
        if hasConverged { return }
        guard transposedProduct.allSatisfy(\.isFinite) else { return fail() }
        var v = transposedProduct
        orthogonalize(&v, to: vs)
        let beta = normalize(&v)
        betas.append(beta)
        let isLast = alphas.last == 0 || beta <= 1e-300 || alphas.count == depth
        let coefficients = best()
        residual = isLast && (alphas.last == 0 || beta <= 1e-300) ? 0 : beta * abs(coefficients.left.last!)
        // Where rounding ends progress: a whole basis that brought nothing.
        let isStuck = isLast && residual > previousResidual / 2 && residual <= 1000 * tolerance * value
        hasConverged = value == 0 || residual <= tolerance * value || isStuck
        if hasConverged || isLast {
            left = combination(us, coefficients.left)
            right = combination(vs, coefficients.right)
            normalize(&left)
            normalize(&right)
            (us, vs, alphas, betas, previousResidual) = ([], [right], [], [], residual)
        } else {
            vs.append(v)
        }
    }

    /// What is not finite gives NaN.
    private mutating func fail() {
        (value, residual, hasConverged) = (.nan, .nan, true)
        (left, right) = (left.map { _ in .nan }, right.map { _ in .nan })
    }

    /// A V = U B with B upper bidiagonal: the coefficients of B's best triple.
    private mutating func best() -> (left: [Double], right: [Double]) {
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
        do { try LAPACK.singularValues(b, values: values, u: x, vTransposed: yTransposed) } catch {
            return ([Double](repeating: 0, count: k), [Double](repeating: 0, count: k))
        }
        value = values.doubles[0]
        let (coefficients, others) = (x.doubles, yTransposed.doubles)
        return ((0..<k).map { coefficients[$0 * k] }, (0..<k).map { others[$0] })
    }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

private func orthogonalize(_ x: inout [Double], to basis: [[Double]]) {
    for _ in 0..<2 {
        for vector in basis {
            let product = dot(x, vector)
            for i in x.indices { x[i] -= product * vector[i] }
        }
    }
}

@discardableResult private func normalize(_ x: inout [Double]) -> Double {
    let norm = dot(x, x).squareRoot()
    if norm > 0 { for i in x.indices { x[i] /= norm } }
    return norm
}

private func combination(_ vectors: [[Double]], _ factors: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: vectors[0].count)
    for (vector, factor) in zip(vectors, factors) { for i in sum.indices { sum[i] += factor * vector[i] } }
    return sum
}
