/// How the elements of a buffer are stored. A tensor node of type `real` is stored as `float32` or
/// `float64`, whichever the run's precision is.
package enum Storage: UInt8, Hashable, Sendable {
    case float32
    case float64
    case int64
    /// One byte, 0 or 1.
    case bool

    package var byteCount: Int {
        switch self {
        case .float32: 4
        case .float64, .int64: 8
        case .bool: 1
        }
    }
}
