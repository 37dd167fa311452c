import Kernels

/// A matrix whose sides are numbers of vectors, not of parameters.
struct SmallMatrix: Equatable {
    let rows: Int
    let columns: Int
    /// Row-major.
    var values: [Double]

    init(_ rows: Int, _ columns: Int) { self.init(rows, columns, Array(repeating: 0, count: rows * columns)) }

    init(_ rows: Int, _ columns: Int, _ values: [Double]) {
        precondition(values.count == rows * columns)
        (self.rows, self.columns, self.values) = (rows, columns, values)
    }

    subscript(i: Int, j: Int) -> Double {
        get { values[i * columns + j] }
        set { values[i * columns + j] = newValue }
    }

    func column(_ j: Int) -> [Double] { (0..<rows).map { self[$0, j] } }

    /// Writes `other` with its first element at (i, j).
    mutating func set(_ other: SmallMatrix, at i: Int, _ j: Int) {
        for row in 0..<other.rows { for column in 0..<other.columns { self[i + row, j + column] = other[row, column] } }
    }

    static func * (a: SmallMatrix, b: SmallMatrix) -> SmallMatrix {
        precondition(a.columns == b.rows)
        var product = SmallMatrix(a.rows, b.columns)
        for i in 0..<a.rows {
            for k in 0..<a.columns {
                let factor = a[i, k]
                if factor == 0 { continue }
                for j in 0..<b.columns { product[i, j] += factor * b[k, j] }
            }
        }
        return product
    }

    static func += (a: inout SmallMatrix, b: SmallMatrix) {
        for i in a.values.indices { a.values[i] += b.values[i] }
    }

    static func * (a: SmallMatrix, x: [Double]) -> [Double] {
        (0..<a.rows).map { i in
            var sum = 0.0
            for j in 0..<a.columns { sum += a.values[i * a.columns + j] * x[j] }
            return sum
        }
    }
}

func dot(_ x: [Double], _ y: [Double]) -> Double {
    var sum = 0.0
    for i in x.indices { sum += x[i] * y[i] }
    return sum
}
