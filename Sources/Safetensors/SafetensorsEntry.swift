/// One tensor of a safetensors file: what the header says of it, checked.
public struct SafetensorsEntry: Hashable, Sendable {
    /// The key in the header.
    public let name: String
    /// The type of the elements.
    public let dtype: SafetensorsDType

    /// The dimensions, row-major. A scalar has none.
    public let shape: [Int]

    /// Where the elements are, counted from the beginning of the file (not, as in the header, of its data).
    public let byteRange: Range<Int>

    /// The number of elements.
    public var count: Int { byteRange.count / dtype.byteCount }

    /// Whether the elements can be used in place. A mapping begins on a page, so the offset alone decides.
    ///
    /// Files whose writer did not pad the header, or put an odd number of bytes before wider elements, are not aligned.
    public var isAligned: Bool { byteRange.lowerBound.isMultiple(of: dtype.byteCount) }
}
