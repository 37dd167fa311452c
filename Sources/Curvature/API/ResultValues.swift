/// The value of a ``Vector``: a collection of its entries.
public struct VectorValue: ArrayValue, RandomAccessCollection {
    /// The entries as an array (n).
    public let array: ResultArray
    /// 0: entries are counted as in parameter space, or in output space.
    public var startIndex: Int { 0 }
    /// The number of entries.
    public var endIndex: Int { array.count }
    /// An entry, in double precision whatever the run's.
    public subscript(position: Int) -> Double { array[position] }
}

/// The value of a ``Block``, (n, k) row-major.
public struct BlockValue: ArrayValue {
    /// The entries as an array (n, k).
    public let array: ResultArray
    /// n, the entries of each vector.
    public var rows: Int { array.shape[0] }
    /// k, the number of vectors.
    public var columns: Int { array.shape[1] }
    /// An entry, in double precision whatever the run's.
    public subscript(row: Int, column: Int) -> Double {
        precondition(
            (0..<rows).contains(row) && (0..<columns).contains(column), "entry (\(row), \(column)) of \(shape)")
        return array[row * columns + column]
    }
}

/// The value of a ``Prediction``, (N, ..., C) row-major.
public struct PredictionValue: ArrayValue {
    /// The entries as an array (N, ..., C).
    public let array: ResultArray
}
