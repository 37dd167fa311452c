/// A type that tensors are read as: `Float`, `Double` or `Int64`, which is what the library computes with.
public protocol SafetensorsElement: BitwiseCopyable, Numeric, Sendable {
    /// The type in the file that has the same bytes.
    static var safetensorsDType: SafetensorsDType { get }

    /// Converts elements stored as `dtype`, which may begin anywhere: they need not be aligned.
    ///
    /// Files of other formats store the same types (ONNX keeps tensors in this form), hence it knows no file.
    ///
    /// - Precondition: `bytes` and `destination` hold equally many elements.
    @discardableResult
    static func readStored(
        _ bytes: RawSpan, of dtype: SafetensorsDType, into destination: inout MutableSpan<Self>
    ) throws(ElementConversionError) -> SafetensorsTransfer
}

/// Why stored elements have no values of the type that was asked for.
public enum ElementConversionError: Error, Hashable {
    /// They are floating point numbers, and integers were asked for. That some of them may be whole does not count:
    /// labels and indices are stored as integers.
    case fractions
    /// One is beyond the largest integer.
    case tooLarge(index: Int, value: UInt64)
}

extension Float: SafetensorsElement {
    public static var safetensorsDType: SafetensorsDType { .f32 }

    public static func readStored(
        _ bytes: RawSpan, of dtype: SafetensorsDType, into destination: inout MutableSpan<Float>
    ) -> SafetensorsTransfer {
        readFloatingPoint(bytes, of: dtype, into: &destination)
    }
}

extension Double: SafetensorsElement {
    public static var safetensorsDType: SafetensorsDType { .f64 }

    public static func readStored(
        _ bytes: RawSpan, of dtype: SafetensorsDType, into destination: inout MutableSpan<Double>
    ) -> SafetensorsTransfer {
        readFloatingPoint(bytes, of: dtype, into: &destination)
    }
}

extension Int64: SafetensorsElement {
    public static var safetensorsDType: SafetensorsDType { .i64 }

    public static func readStored(
        _ bytes: RawSpan, of dtype: SafetensorsDType, into destination: inout MutableSpan<Int64>
    ) throws(ElementConversionError) -> SafetensorsTransfer {
        switch dtype {
        case .i64: return copy(bytes, into: &destination)
        case .i32: convert(bytes, into: &destination) { (value: Int32) in Int64(value) }
        case .i16: convert(bytes, into: &destination) { (value: Int16) in Int64(value) }
        case .i8: convert(bytes, into: &destination) { (value: Int8) in Int64(value) }
        case .u32: convert(bytes, into: &destination) { (value: UInt32) in Int64(value) }
        case .u16: convert(bytes, into: &destination) { (value: UInt16) in Int64(value) }
        case .u8: convert(bytes, into: &destination) { (value: UInt8) in Int64(value) }
        case .bool: convert(bytes, into: &destination) { (value: UInt8) in value == 0 ? 0 : 1 }
        case .u64:
            convert(bytes, into: &destination) { (value: UInt64) in Int64(bitPattern: value) }
            for index in destination.indices where destination[index] < 0 {
                throw .tooLarge(index: index, value: UInt64(bitPattern: destination[index]))
            }
        case .f64, .f32, .f16, .bf16: throw .fractions
        }
        return .converted(from: dtype)
    }
}

/// The conversions to `Float` and to `Double`.
@inline(__always)
private func readFloatingPoint<Element: SafetensorsElement & BinaryFloatingPoint>(
    _ bytes: RawSpan, of dtype: SafetensorsDType, into destination: inout MutableSpan<Element>
) -> SafetensorsTransfer {
    if dtype == Element.safetensorsDType { return copy(bytes, into: &destination) }
    switch dtype {
    case .f64: convert(bytes, into: &destination) { (value: Double) in Element(value) }
    case .f32: convert(bytes, into: &destination) { (value: Float) in Element(value) }
    case .f16: convert(bytes, into: &destination) { (bits: UInt16) in Element(Float(Float16(bitPattern: bits))) }
    // The upper half of a Float.
    case .bf16: convert(bytes, into: &destination) { (bits: UInt16) in Element(Float(bitPattern: UInt32(bits) << 16)) }
    case .i64: convert(bytes, into: &destination) { (value: Int64) in Element(value) }
    case .i32: convert(bytes, into: &destination) { (value: Int32) in Element(value) }
    case .i16: convert(bytes, into: &destination) { (value: Int16) in Element(value) }
    case .i8: convert(bytes, into: &destination) { (value: Int8) in Element(value) }
    case .u64: convert(bytes, into: &destination) { (value: UInt64) in Element(value) }
    case .u32: convert(bytes, into: &destination) { (value: UInt32) in Element(value) }
    case .u16: convert(bytes, into: &destination) { (value: UInt16) in Element(value) }
    case .u8: convert(bytes, into: &destination) { (value: UInt8) in Element(value) }
    case .bool: convert(bytes, into: &destination) { (value: UInt8) in value == 0 ? 0 : 1 }
    }
    return .converted(from: dtype)
}

/// Moves elements that are stored as what was asked for.
private func copy<Element>(_ bytes: RawSpan, into destination: inout MutableSpan<Element>) -> SafetensorsTransfer
where Element: SafetensorsElement {
    precondition(bytes.byteCount == destination.count * MemoryLayout<Element>.size)
    bytes.withUnsafeBytes { source in
        destination.withUnsafeMutableBytes { $0.copyMemory(from: source) }
    }
    return .copied
}

/// Applies `transform` to each stored element. Files are little-endian, and so is every processor that Swift runs on.
@inline(__always)
private func convert<Stored: BitwiseCopyable, Element>(
    _ bytes: RawSpan, into destination: inout MutableSpan<Element>, _ transform: (Stored) -> Element
) {
    // Checked once, here, so that the loop has no checks and can be vectorized.
    precondition(bytes.byteCount == destination.count * MemoryLayout<Stored>.size)
    for index in destination.indices {
        let offset = index * MemoryLayout<Stored>.size
        destination[unchecked: index] = transform(
            bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Stored.self))
    }
}
