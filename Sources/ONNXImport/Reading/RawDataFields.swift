import Foundation

/// A model's bytes without the large values of its tensors, and where those are.
///
/// A parser copies every field that it reads. A model can be as large as memory, so the bytes of its weights are left where they lie: they
/// are cut out before it is parsed, and given to its tensors as slices of the file afterwards.
struct RawDataFields {
    /// The model, smaller.
    private(set) var model = Data()
    /// By the initializer's number, in the file's order.
    private(set) var ranges: [Int: Range<Int>] = [:]

    /// Smaller ones are not worth it.
    private static let threshold = 1 << 10
    // Numbers of fields in onnx.proto.
    private static let (graph, initializer, rawData) = (7, 5, 9)

    /// nil where there is nothing to cut out, and for bytes that are no model: the parser says what is wrong with them.
    init?(of data: Data) {
        let found: (bytes: [UInt8], ranges: [Int: Range<Int>])? = data.withUnsafeBytes { bytes in
            guard let fields = Self.fields(bytes, 0..<bytes.count),
                fields.count(where: { $0.number == Self.graph }) == 1
            else { return nil }
            var ranges: [Int: Range<Int>] = [:]
            var result: [UInt8] = []
            for field in fields {
                guard field.number == Self.graph else {
                    result.append(contentsOf: bytes[field.whole])
                    continue
                }
                guard let content = field.content, let graph = Self.graph(bytes, content, &ranges) else { return nil }
                Self.append(graph, field.number, to: &result)
            }
            return (result, ranges)
        }
        guard let found, !found.ranges.isEmpty else { return nil }
        (model, ranges) = (
            Data(found.bytes),
            found.ranges.mapValues { $0.lowerBound + data.startIndex..<$0.upperBound + data.startIndex }
        )
    }

    private static func graph(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ ranges: inout [Int: Range<Int>]
    ) -> [UInt8]? {
        guard let fields = fields(bytes, range) else { return nil }
        var result: [UInt8] = []
        var number = 0
        for field in fields {
            guard field.number == initializer, let content = field.content else {
                result.append(contentsOf: bytes[field.whole])
                continue
            }
            defer { number += 1 }
            guard let tensor = Self.fields(bytes, content) else { return nil }
            let raw = tensor.filter { $0.number == rawData }
            guard raw.count == 1, let values = raw[0].content, values.count >= threshold else {
                result.append(contentsOf: bytes[field.whole])
                continue
            }
            ranges[number] = values
            var rest: [UInt8] = []
            for part in tensor where part.number != rawData { rest.append(contentsOf: bytes[part.whole]) }
            append(rest, field.number, to: &result)
        }
        return result
    }

    // MARK: Protocol buffers

    private struct Field {
        var number: Int
        /// With its key.
        var whole: Range<Int>
        /// Of a field that is bytes or a message.
        var content: Range<Int>?
    }

    /// The fields of a message; nil where these bytes are none.
    private static func fields(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> [Field]? {
        var (fields, position) = ([Field](), range.lowerBound)
        func number() -> UInt64? {
            var (value, shift) = (UInt64(0), UInt64(0))
            while position < range.upperBound, shift < 64 {
                let byte = bytes[position]
                position += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        while position < range.upperBound {
            let start = position
            guard let key = number(), key >> 3 > 0, key >> 3 < 1 << 29 else { return nil }
            var content: Range<Int>?
            var length: UInt64 = 0
            switch key & 7 {
            case 0: guard number() != nil else { return nil }
            case 1: length = 8
            case 5: length = 4
            case 2:
                guard let count = number() else { return nil }
                length = count
            default: return nil
            }
            guard length <= UInt64(range.upperBound - position) else { return nil }
            if key & 7 == 2 { content = position..<position + Int(length) }
            position += Int(length)
            fields.append(Field(number: Int(key >> 3), whole: start..<position, content: content))
        }
        return fields
    }

    /// Appends a field that is a message.
    private static func append(_ message: [UInt8], _ number: Int, to result: inout [UInt8]) {
        for value in [number << 3 | 2, message.count] {
            var rest = value
            while rest >= 0x80 {
                result.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            result.append(UInt8(rest))
        }
        result.append(contentsOf: message)
    }
}
