/// Matrices whose spectrum is known and that are cheap to make: diagonal ones between reflections H = I - 2 u u^T.
struct Reflection {
    let u: [Double]

    init(_ size: Int, seed: UInt64) {
        let column = DenseMatrix(random: size, 1, seed: seed)
        u = column.values.map { $0 / column.norm }
    }

    func element(_ i: Int, _ j: Int) -> Double { (i == j ? 1 : 0) - 2 * u[i] * u[j] }
}

extension DenseMatrix {
    /// H diag(d) H.
    init(reflected d: [Double], seed: UInt64) {
        let u = Reflection(d.count, seed: seed).u
        let image = zip(d, u).map { $0 * $1 }
        let product = zip(image, u).reduce(0) { $0 + $1.0 * $1.1 }
        self.init(d.count, d.count) { i, j in
            let first = u[i] * image[j]
            let second = image[i] * u[j]
            let third = product * u[i] * u[j]
            return (i == j ? d[i] : 0) - 2 * first - 2 * second + 4 * third
        }
    }

    /// H diag(s) H' with singular values s, (rows, columns).
    init(singular s: [Double], rows: Int, columns: Int, seed: UInt64) {
        let (left, right) = (Reflection(rows, seed: seed), Reflection(columns, seed: seed + 1))
        let product = (0..<s.count).reduce(0) { $0 + left.u[$1] * s[$1] * right.u[$1] }
        self.init(rows, columns) { i, j in
            let (a, b) = (i < s.count ? s[i] : 0, j < s.count ? s[j] : 0)
            let first = left.u[i] * (j < s.count ? left.u[j] * b : 0)
            let second = (i < s.count ? right.u[i] * a : 0) * right.u[j]
            let third = product * left.u[i] * right.u[j]
            return (i == j ? a : 0) - 2 * first - 2 * second + 4 * third
        }
    }
}
