/// A tensor to be written.
public struct SafetensorsTensor {
    /// The key in the header.
    public let name: String
    /// The type of the elements.
    public let dtype: SafetensorsDType
    /// The dimensions, row-major. A scalar has none.
    public let shape: [Int]

    /// Hands the elements' bytes, in one piece or several, to the function that it is given.
    ///
    /// A function rather than an array, so that a tensor larger than memory can be written as it is computed.
    public let bytes: (_ write: (RawSpan) throws -> Void) throws -> Void

    /// A tensor whose bytes come from `bytes`: row-major, little-endian, as many as `dtype` and `shape` say.
    public init(
        name: String, dtype: SafetensorsDType, shape: [Int],
        bytes: @escaping (_ write: (RawSpan) throws -> Void) throws -> Void
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// A tensor with the elements `values`, in row-major order.
    public init<Element: SafetensorsElement>(name: String, shape: [Int], values: [Element]) {
        self.init(name: name, dtype: Element.safetensorsDType, shape: shape) { write in try write(values.span.bytes) }
    }
}
