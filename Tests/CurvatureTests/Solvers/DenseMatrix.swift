import Glibc
import Kernels

/// A small matrix of doubles with the obvious algorithms: what tests compare with.
struct DenseMatrix: Equatable {
    let rows: Int
    let columns: Int
    /// Row-major.
    var values: [Double]

    init(_ rows: Int, _ columns: Int, _ values: [Double]) {
        precondition(values.count == rows * columns)
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    init(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Double = { _, _ in 0 }) {
        self.init(rows, columns, (0..<rows * columns).map { value($0 / columns, $0 % columns) })
    }

    init(diagonal: [Double]) { self.init(diagonal.count, diagonal.count) { $0 == $1 ? diagonal[$0] : 0 } }

    /// Uniform in [-1, 1).
    init(random rows: Int, _ columns: Int, seed: UInt64) {
        let philox = Philox(seed: seed)
        self.init(rows, columns) { 2 * philox.uniform(example: $0, term: 77, component: $1) - 1 }
    }

    /// Q diag(eigenvalues) Q^T with a random orthogonal Q.
    init(eigenvalues: [Double], seed: UInt64) {
        let q = DenseMatrix(random: eigenvalues.count, eigenvalues.count, seed: seed).orthonormalized
        self = q * DenseMatrix(diagonal: eigenvalues) * q.transposed
    }

    subscript(i: Int, j: Int) -> Double {
        get { values[i * columns + j] }
        set { values[i * columns + j] = newValue }
    }

    var transposed: DenseMatrix { DenseMatrix(columns, rows) { self[$1, $0] } }
    func column(_ j: Int) -> [Double] { (0..<rows).map { self[$0, j] } }
    var trace: Double { (0..<min(rows, columns)).reduce(0) { $0 + self[$1, $1] } }
    var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }
    var norm: Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    static func * (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
        precondition(a.columns == b.rows)
        var product = [Double](repeating: 0, count: a.rows * b.columns)
        a.values.withUnsafeBufferPointer { p in
            b.values.withUnsafeBufferPointer { q in
                for i in 0..<a.rows {
                    for k in 0..<a.columns {
                        let factor = p[i * a.columns + k]
                        for j in 0..<b.columns { product[i * b.columns + j] += factor * q[k * b.columns + j] }
                    }
                }
            }
        }
        return DenseMatrix(a.rows, b.columns, product)
    }

    static func + (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
        DenseMatrix(a.rows, a.columns, zip(a.values, b.values).map { $0 + $1 })
    }

    static func - (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
        DenseMatrix(a.rows, a.columns, zip(a.values, b.values).map { $0 - $1 })
    }

    static func * (a: Double, b: DenseMatrix) -> DenseMatrix { DenseMatrix(b.rows, b.columns, b.values.map { a * $0 }) }

    /// Columns by Gram and Schmidt, each projected twice.
    var orthonormalized: DenseMatrix {
        var vectors: [[Double]] = []
        for j in 0..<columns {
            var v = column(j)
            for _ in 0..<2 {
                for u in vectors {
                    let product = zip(u, v).reduce(0) { $0 + $1.0 * $1.1 }
                    for i in 0..<rows { v[i] -= product * u[i] }
                }
            }
            let norm = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
            vectors.append(v.map { $0 / norm })
        }
        return DenseMatrix(rows, columns) { vectors[$1][$0] }
    }

    /// The solution of self * x = b by elimination with partial pivoting.
    func solve(_ b: DenseMatrix) -> DenseMatrix {
        var (a, x) = (self, b)
        for k in 0..<rows {
            let pivot = (k..<rows).max { abs(a[$0, k]) < abs(a[$1, k]) }!
            for j in 0..<columns { (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]) }
            for j in 0..<x.columns { (x[k, j], x[pivot, j]) = (x[pivot, j], x[k, j]) }
            for i in 0..<rows where i != k {
                let factor = a[i, k] / a[k, k]
                for j in k..<columns { a[i, j] -= factor * a[k, j] }
                for j in 0..<x.columns { x[i, j] -= factor * x[k, j] }
            }
        }
        return DenseMatrix(rows, x.columns) { x[$0, $1] / a[$0, $0] }
    }
}

/// Numbers from 1 down to 1 / condition in geometric steps.
func geometric(_ count: Int, condition: Double) -> [Double] {
    (0..<count).map { pow(condition, -Double($0) / Double(max(count - 1, 1))) }
}
