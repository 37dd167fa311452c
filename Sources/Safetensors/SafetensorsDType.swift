/// The type of a tensor's elements, named as in the file.
///
/// Elements are stored little-endian. Newer files may hold others (`F8_E4M3`, `C64`, ...); these are refused by name.
public enum SafetensorsDType: String, CaseIterable, Sendable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i64 = "I64"
    case i32 = "I32"
    case i16 = "I16"
    case i8 = "I8"
    case u64 = "U64"
    case u32 = "U32"
    case u16 = "U16"
    case u8 = "U8"
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
    public var description: String { rawValue }
}
