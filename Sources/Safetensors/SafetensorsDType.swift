/// The type of a tensor's elements, named as in the file.
///
/// Elements are stored little-endian. Newer files may hold others (`F8_E4M3`, `C64`, ...); these are refused by name.
public enum SafetensorsDType: String, CaseIterable, Sendable {
    /// IEEE double precision.
    case f64 = "F64"
    /// IEEE single precision.
    case f32 = "F32"
    /// IEEE half precision: 5 bits of exponent.
    case f16 = "F16"
    /// The upper half of a single: 8 bits of exponent.
    case bf16 = "BF16"
    /// Signed, 64 bits.
    case i64 = "I64"
    /// Signed, 32 bits.
    case i32 = "I32"
    /// Signed, 16 bits.
    case i16 = "I16"
    /// Signed, 8 bits.
    case i8 = "I8"
    /// Unsigned, 64 bits.
    case u64 = "U64"
    /// Unsigned, 32 bits.
    case u32 = "U32"
    /// Unsigned, 16 bits.
    case u16 = "U16"
    /// Unsigned, 8 bits.
    case u8 = "U8"
    /// One byte: 0 or 1.
    case bool = "BOOL"

    /// The bytes of one element, which is also the alignment that its fastest reader wants.
    public var byteCount: Int {
        switch self {
        case .f64, .i64, .u64: 8
        case .f32, .i32, .u32: 4
        case .f16, .bf16, .i16, .u16: 2
        case .i8, .u8, .bool: 1
        }
    }

    /// Whether elements have fractions, so that they are values and never labels or indices.
    public var isFloatingPoint: Bool {
        switch self {
        case .f64, .f32, .f16, .bf16: true
        default: false
        }
    }
}

extension SafetensorsDType: CustomStringConvertible {
    /// The name in the file.
    public var description: String { rawValue }
}
