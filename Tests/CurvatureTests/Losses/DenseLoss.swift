import Foundation

/// A loss's terms on plain arrays, straight from the formulas of the mathematics, with h as a full matrix. Independent
/// of the library.
struct DenseLoss {
    enum Form {
        /// Class indices, one for each term.
        case classes([Int], ignoring: Int)
        case probabilities([[Double]])
        case squared([[Double]])
        case binary([[Double]])
    }
    var form: Form
    var outputs: Int
    var smoothing = 0.0
    /// Class weights, for cross-entropy.
    var classWeights: [Double]
    /// Weights of each element, for mse and bce; positive weights for bce.
    var weights: [[Double]] = []
    var positiveWeights: [[Double]] = []

    var terms: Int {
        switch form {
        case .classes(let y, _): y.count
        case .probabilities(let y), .squared(let y), .binary(let y): y.count
        }
    }

    /// m of `mean`.
    var divisor: Double {
        switch form {
        case .classes(let y, let ignored): y.filter { $0 != ignored }.reduce(0) { $0 + classWeights[$1] }
        case .probabilities(let y): Double(y.count)
        case .squared(let y), .binary(let y): Double(y.count * outputs)
        }
    }

    /// l of term i.
    func value(_ i: Int, _ z: [Double]) -> Double {
        switch form {
        case .classes, .probabilities:
            let (q, logP) = (distribution(i), logSoftmax(z))
            return (0..<outputs).reduce(0) { q[$1] == 0 ? $0 : $0 - q[$1] * logP[$1] }
        case .squared(let y): return (0..<outputs).reduce(0) { $0 + weights[i][$1] * pow(z[$1] - y[i][$1], 2) }
        case .binary(let y):
            return (0..<outputs).reduce(0) { sum, c in
                let softplus = max(-z[c], 0) + log1p(exp(-abs(z[c])))
                return sum + weights[i][c] * (1 - y[i][c]) * z[c] + f(i, c, y) * softplus
            }
        }
    }

    /// g of term i.
    func gradient(_ i: Int, _ z: [Double]) -> [Double] {
        switch form {
        case .classes, .probabilities:
            let (q, p) = (distribution(i), logSoftmax(z).map(exp))
            let mass = q.reduce(0, +)
            return (0..<outputs).map { mass * p[$0] - q[$0] }
        case .squared(let y): return (0..<outputs).map { 2 * weights[i][$0] * (z[$0] - y[i][$0]) }
        case .binary(let y):
            return (0..<outputs).map { weights[i][$0] * (1 - y[i][$0]) - f(i, $0, y) * (1 - sigmoid(z[$0])) }
        }
    }

    /// h of term i.
    func hessian(_ i: Int, _ z: [Double]) -> Matrix {
        var h = Matrix(rows: outputs, columns: outputs)
        switch form {
        case .classes, .probabilities:
            let (mass, p) = (distribution(i).reduce(0, +), logSoftmax(z).map(exp))
            for c in 0..<outputs {
                for d in 0..<outputs { h[c, d] = mass * ((c == d ? p[c] : 0) - p[c] * p[d]) }
            }
        case .squared: for c in 0..<outputs { h[c, c] = 2 * weights[i][c] }
        case .binary(let y):
            for c in 0..<outputs { h[c, c] = f(i, c, y) * sigmoid(z[c]) * (1 - sigmoid(z[c])) }
        }
        return h
    }

    /// R of term i, with R R^T = h.
    func root(_ i: Int, _ z: [Double]) -> Matrix {
        var root = Matrix(rows: outputs, columns: outputs)
        switch form {
        case .classes, .probabilities:
            let (mass, p) = (distribution(i).reduce(0, +), logSoftmax(z).map(exp))
            for c in 0..<outputs {
                for k in 0..<outputs {
                    root[c, k] = mass.squareRoot() * ((c == k ? 1 : 0) - p[c]) * p[k].squareRoot()
                }
            }
        case .squared, .binary:
            let h = hessian(i, z)
            for c in 0..<outputs { root[c, c] = h[c, c].squareRoot() }
        }
        return root
    }

    /// What term i counts for in averages.
    func weight(_ i: Int) -> Double {
        guard case .classes(let y, let ignored) = form else { return 1 }
        return y[i] == ignored ? 0 : classWeights[y[i]]
    }

    /// a of term i, with E[a a^T] = h: from a uniform number (the first) for a class, uniform numbers for bits, or
    /// normal ones.
    func score(_ i: Int, _ z: [Double], _ draws: [Double]) -> [Double] {
        switch form {
        case .classes, .probabilities:
            let (mass, p) = (distribution(i).reduce(0, +), logSoftmax(z).map(exp))
            var (drawn, sum) = (0, p[0])
            while draws[0] >= sum, drawn + 1 < outputs {
                drawn += 1
                sum += p[drawn]
            }
            return (0..<outputs).map { mass.squareRoot() * (p[$0] - ($0 == drawn ? 1 : 0)) }
        case .squared: return (0..<outputs).map { (2 * weights[i][$0]).squareRoot() * draws[$0] }
        case .binary(let y):
            return (0..<outputs).map {
                f(i, $0, y).squareRoot() * (sigmoid(z[$0]) - (draws[$0] < sigmoid(z[$0]) ? 1 : 0))
            }
        }
    }

    /// q of term i: what the classes weigh in it.
    private func distribution(_ i: Int) -> [Double] {
        let share = smoothing / Double(outputs)
        switch form {
        case .classes(let y, let ignored):
            if y[i] == ignored { return [Double](repeating: 0, count: outputs) }
            return (0..<outputs).map { c in
                (c == y[i] ? (1 - smoothing) * classWeights[c] : 0) + share * classWeights[c]
            }
        case .probabilities(let y):
            return (0..<outputs).map { classWeights[$0] * ((1 - smoothing) * y[i][$0] + share) }
        case .squared, .binary: preconditionFailure("no distribution over classes")
        }
    }
    private func f(_ i: Int, _ c: Int, _ y: [[Double]]) -> Double {
        weights[i][c] * (1 + (positiveWeights[i][c] - 1) * y[i][c])
    }
    private func sigmoid(_ x: Double) -> Double { x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
    private func logSoftmax(_ z: [Double]) -> [Double] {
        let top = z.max()!
        let total = top + log(z.reduce(0) { $0 + exp($1 - top) })
        return z.map { $0 - total }
    }
}

/// A dense matrix, row-major.
struct Matrix {
    let rows, columns: Int
    var values: [Double]
    init(rows: Int, columns: Int, _ values: [Double]? = nil) {
        (self.rows, self.columns) = (rows, columns)
        self.values = values ?? [Double](repeating: 0, count: rows * columns)
        precondition(self.values.count == rows * columns)
    }
    static func identity(_ size: Int) -> Matrix {
        var matrix = Matrix(rows: size, columns: size)
        for i in 0..<size { matrix[i, i] = 1 }
        return matrix
    }
    subscript(row: Int, column: Int) -> Double {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }
    func row(_ index: Int) -> [Double] { Array(values[index * columns..<(index + 1) * columns]) }
    func column(_ index: Int) -> [Double] { (0..<rows).map { self[$0, index] } }
    var transposed: Matrix {
        var result = Matrix(rows: columns, columns: rows)
        for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
        return result
    }
    static func * (a: Matrix, b: Matrix) -> Matrix {
        precondition(a.columns == b.rows)
        var result = Matrix(rows: a.rows, columns: b.columns)
        for i in 0..<a.rows {
            for k in 0..<a.columns where a[i, k] != 0 {
                let factor = a[i, k]
                for j in 0..<b.columns { result[i, j] += factor * b[k, j] }
            }
        }
        return result
    }
    static func * (a: Matrix, x: [Double]) -> [Double] { (a * Matrix(rows: x.count, columns: 1, x)).values }
    static func + (a: Matrix, b: Matrix) -> Matrix {
        Matrix(rows: a.rows, columns: a.columns, zip(a.values, b.values).map(+))
    }
    static func * (factor: Double, a: Matrix) -> Matrix {
        Matrix(rows: a.rows, columns: a.columns, a.values.map { factor * $0 })
    }
}
