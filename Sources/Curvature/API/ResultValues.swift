/// The value of a ``Vector``: a collection of its entries.
public struct VectorValue: ArrayValue, RandomAccessCollection {
    public let array: ResultArray
    public var startIndex: Int { 0 }
    public var endIndex: Int { array.count }
    public subscript(position: Int) -> Double { array[position] }
}

/// The value of a ``Block``, (n, k) row-major.
public struct BlockValue: ArrayValue {
    public let array: ResultArray
    public var rows: Int { array.shape[0] }
    public var columns: Int { array.shape[1] }
    public subscript(row: Int, column: Int) -> Double {
        precondition(
            (0..<rows).contains(row) && (0..<columns).contains(column), "entry (\(row), \(column)) of \(shape)")
        return array[row * columns + column]
    }
}

/// The value of a ``Prediction``, (N, ..., C) row-major.
public struct PredictionValue: ArrayValue {
    public let array: ResultArray
}
