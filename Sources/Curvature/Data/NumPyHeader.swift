import Kernels
import Safetensors

/// What stands before the elements of an `.npy` file: a magic word, a version, and a Python dictionary as text.
///
/// The format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
struct NumPyHeader {
    let dtype: SafetensorsDType
    let shape: [Int]
    /// The bytes before the first element.
    let byteCount: Int

    private static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
    private static let types: [String: SafetensorsDType] = [
        "f8": .f64, "f4": .f32, "f2": .f16, "i8": .i64, "i4": .i32, "i2": .i16, "i1": .i8, "u8": .u64, "u4": .u32,
        "u2": .u16, "u1": .u8, "b1": .bool,
    ]

    /// - Parameter bytes: The whole array as stored; its elements have to fill what the header leaves.
    init(_ file: MappedFile, in range: Range<Int>, place: String) throws {
        func invalid(_ what: String) -> ProblemError { ProblemError(.data, "\(place): \(what)") }
        let head = file.bytes(in: range.prefix(12))
        guard head.count >= 10, Array(head.prefix(6)) == NumPyHeader.magic else {
            throw invalid("not a NumPy array: it does not begin as numpy.save writes it")
        }
        let isLong = head[6] >= 2
        guard (1...3).contains(head[6]), !isLong || head.count == 12 else {
            throw invalid("a NumPy array of format version \(head[6]); expected 1 to 3")
        }
        let length = head[8..<(isLong ? 12 : 10)].reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = isLong ? 12 : 10
        guard length <= range.count - start, length <= 1 << 20 else {
            throw invalid("its header is cut off; expected \(length) bytes, found \(range.count - start)")
        }
        let first = range.lowerBound + start
        let text = String(decoding: file.bytes(in: first..<first + length), as: UTF8.self)
        func entry(_ key: String) throws -> Substring {
            guard let found = text.firstRange(of: "'\(key)':") else {
                throw invalid("its header lacks '\(key)'")
            }
            return text[found.upperBound...].drop { $0 == " " }
        }
        let descriptor = try entry("descr")
        guard descriptor.first == "'" else {
            throw invalid("it has fields of several types; save each as an array of its own")
        }
        let type = descriptor.dropFirst().prefix { $0 != "'" }
        guard type.first != ">" else {
            throw invalid("its numbers are big-endian; save it with .astype(array.dtype.newbyteorder('<'))")
        }
        guard "<|=".contains(type.first ?? " "), let dtype = NumPyHeader.types[String(type.dropFirst())] else {
            throw invalid(
                "its elements are \(OneLine.quoted(String(type))); expected floating-point numbers, integers or booleans"
            )
        }
        guard try entry("fortran_order").hasPrefix("False") else {
            throw invalid("it is stored column by column; save it with numpy.ascontiguousarray")
        }
        let list = try entry("shape")
        guard list.first == "(", let end = list.firstIndex(of: ")") else { throw invalid("its shape cannot be read") }
        var shape: [Int] = []
        for part in list[list.index(after: list.startIndex)..<end].split(separator: ",") {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let size = Int(digits), size >= 0 else { throw invalid("its shape cannot be read") }
            shape.append(size)
        }
        guard let count = dtype.byteCount(of: shape) else { throw invalid("its shape \(shape) is too large") }
        byteCount = start + length
        guard range.count - byteCount == count else {
            throw invalid("its shape \(shape) takes \(count) bytes, found \(range.count - byteCount)")
        }
        (self.dtype, self.shape) = (dtype, shape)
    }
}

extension MappedFile {
    /// A copy of a few bytes.
    func bytes(in range: Range<Int>) -> [UInt8] {
        withBytes(in: range) { span in (0..<span.byteCount).map { span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
    }
    /// A little-endian number.
    func number(at offset: Int, bytes count: Int) -> Int {
        bytes(in: offset..<offset + count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
