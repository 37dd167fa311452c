import Curvature
import Foundation
import Kernels
import TensorIR

/// Decoding of constants. Nothing of what a tensor says of itself is trusted: its sizes have to agree with
/// the bytes that are there.
extension ONNXTensorProto {
    enum Kind { case real, integer, bool }

    var type: DataType { DataType(rawValue: Int(dataType)) ?? .UNRECOGNIZED(Int(dataType)) }

    /// What the elements become; nil for types that no model of real numbers needs.
    var kind: Kind? { ONNXTensorProto.kind(of: type) }

    static func kind(of type: DataType) -> Kind? {
        switch type {
        case .float, .double, .float16, .bfloat16, .float8E4M3Fn, .float8E4M3Fnuz, .float8E5M2, .float8E5M2Fnuz,
            .float8E8M0, .float4E2M1:
            .real
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .int4, .uint4, .int2, .uint2: .integer
        case .bool: .bool
        default: nil
        }
    }

    /// The bits of an integer type in which shape arithmetic and indices of a model could overflow.
    static func narrowInteger(_ type: DataType) -> (bits: Int, isSigned: Bool)? {
        switch type {
        case .int16: (16, true)
        case .uint16: (16, false)
        case .int8: (8, true)
        case .uint8: (8, false)
        case .int4: (4, true)
        case .uint4: (4, false)
        case .int2: (2, true)
        case .uint2: (2, false)
        default: nil
        }
    }

    /// How a type is called in messages.
    static func name(of type: DataType) -> String {
        switch type {
        case .undefined: "undefined"
        case .UNRECOGNIZED(let number): "number \(number)"
        default: "\(type)"
        }
    }

    func sizes() throws -> [Int] {
        var count = 1
        for size in dims {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(1, Int(size)))
            guard size >= 0, !overflow, product < 1 << 48 else {
                throw invalid("its shape \(dims.map(Int.init)) is not possible")
            }
            count = product
        }
        // Without elements, no bytes stand for the other sizes.
        guard count < 1 << 31 || !dims.contains(0) else {
            throw invalid("its shape \(dims.map(Int.init)) is not possible")
        }
        return dims.map(Int.init)
    }

    /// Checks that there are as many elements as the shape says.
    func checkStorage() throws {
        if isExternal { throw GraphError(.invalid, "its values are in another file, where no tensor's may be") }
        let expected = try sizes().reduce(1, *)
        guard let width = bitWidth else { return }
        let bytes = (expected * width + 7) / 8
        if hasRawData, !(rawData.isEmpty && storedCount > 0) {
            guard rawData.count == bytes else {
                let size = width < 8 ? "\(width) bits" : "\(width / 8) bytes"
                throw invalid("\(expected) elements of \(size) expected, found \(rawData.count) bytes")
            }
        } else {
            // Several elements of less than a byte share an entry.
            let entries = width < 8 ? bytes : expected
            guard storedCount == entries else { throw invalid("\(entries) elements expected, found \(storedCount)") }
        }
    }

    /// The bytes that the values take where they are stored as such; nil for unknown types and impossible shapes.
    var byteCount: Int? {
        guard let width = bitWidth, let sizes = try? sizes() else { return nil }
        return (sizes.reduce(width, *) + 7) / 8
    }

    private func invalid(_ message: String) -> GraphError { GraphError(.invalid, message) }

    private var bitWidth: Int? {
        switch type {
        case .int2, .uint2: 2
        case .int4, .uint4, .float4E2M1: 4
        case .bool, .int8, .uint8, .float8E4M3Fn, .float8E4M3Fnuz, .float8E5M2, .float8E5M2Fnuz, .float8E8M0: 8
        case .float16, .bfloat16, .int16, .uint16: 16
        case .float, .int32, .uint32: 32
        case .double, .int64, .uint64: 64
        default: nil
        }
    }
    /// Elements in the typed list that goes with the type.
    private var storedCount: Int {
        switch type {
        case .float: floatData.count
        case .double: doubleData.count
        case .int64: int64Data.count
        case .uint32, .uint64: uint64Data.count
        default: int32Data.count
        }
    }
    private var usesRawData: Bool { hasRawData && !(rawData.isEmpty && storedCount > 0) }

    /// Raw data, element by element, read once something needs them.
    private func stored(
        _ storage: Storage, width: Int, _ mapped: [MappedFile],
        convert: @escaping @Sendable (_ bytes: Data, _ destination: UnsafeMutableRawBufferPointer) -> Void
    ) -> ParameterValues {
        let data = rawData
        return ParameterValues(
            deferred: storage, count: data.count / width,
            forget: { data.withUnsafeBytes { bytes in for file in mapped { file.forget(bytes) } } },
            read: { elements, destination in
                let first = data.startIndex + elements.lowerBound * width
                convert(data[first..<first + elements.count * width], destination)
            })
    }

    private func raw<Element>(_ zero: Element) -> [Element] {
        var elements = [Element](repeating: zero, count: rawData.count / MemoryLayout<Element>.size)
        _ = elements.withUnsafeMutableBytes { rawData.copyBytes(to: $0) }
        return elements
    }

    /// The bits of elements that take a byte or less, the first in each byte's lowest.
    private func smallBits() throws -> [UInt8] {
        let bytes = usesRawData ? raw(UInt8(0)) : int32Data.map { UInt8(truncatingIfNeeded: $0) }
        guard let width = bitWidth, width < 8 else { return bytes }
        let (perByte, mask) = (8 / width, UInt8(1 << width - 1))
        return try (0..<sizes().reduce(1, *)).map { bytes[$0 / perByte] >> ($0 % perByte * width) & mask }
    }

    /// The elements of a floating-point tensor, in their own precision (those of 16 bits or fewer as Float). Those that lie in a file stay
    /// there until they are needed.
    ///
    /// - Parameter mapped: The files that may be.
    func realValues(in mapped: [MappedFile] = []) throws -> ParameterValues {
        try checkStorage()
        let copy: @Sendable (Data, UnsafeMutableRawBufferPointer) -> Void = { _ = $0.copyBytes(to: $1) }
        switch type {
        case .float where usesRawData: return stored(.float32, width: 4, mapped, convert: copy)
        case .double where usesRawData: return stored(.float64, width: 8, mapped, convert: copy)
        case .float: return .float32(floatData)
        case .double: return .float64(doubleData)
        case .float16, .bfloat16:
            let isHalf = type == .float16
            @Sendable func number(_ bits: UInt16) -> Float {
                isHalf ? Float(half: bits) : Float(bitPattern: UInt32(bits) << 16)
            }
            guard usesRawData else { return .float32(int32Data.map { number(UInt16(truncatingIfNeeded: $0)) }) }
            return stored(.float32, width: 2, mapped) { bytes, destination in
                let floats = destination.bindMemory(to: Float.self)
                bytes.withUnsafeBytes { bytes in
                    for index in floats.indices {
                        floats[index] = number(bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
                    }
                }
            }
        default:
            guard let format = SmallFloat(type) else { throw unreadableType() }
            return .float32(try smallBits().map { Float(format.value(bits: $0)) })
        }
    }

    func hostTensor() throws -> HostTensor {
        try checkStorage()
        let sizes = try sizes()
        switch kind {
        case .real:
            return HostTensor(sizes, try realValues().doubles)
        case .integer: return HostTensor(sizes, try integerValues().map { Extent($0) })
        case .bool: return HostTensor(sizes, usesRawData ? rawData.map { $0 != 0 } : int32Data.map { $0 != 0 })
        case nil: throw unreadableType()
        }
    }

    private func unreadableType() -> GraphError {
        GraphError(.invalid, "its element type \(ONNXTensorProto.name(of: type)) is not supported")
    }

    private func integerValues() throws -> [Int] {
        if let (bits, isSigned) = ONNXTensorProto.narrowInteger(type), bits < 8 {
            return try smallBits().map { Int($0) - (isSigned && $0 >> (bits - 1) == 1 ? 1 << bits : 0) }
        }
        guard usesRawData else {
            return switch type {
            case .int64: int64Data.map(Int.init)
            case .uint32, .uint64: uint64Data.map { Int(truncatingIfNeeded: $0) }
            default: int32Data.map(Int.init)
            }
        }
        return switch type {
        case .int8: raw(Int8(0)).map(Int.init)
        case .uint8: raw(UInt8(0)).map(Int.init)
        case .int16: raw(Int16(0)).map(Int.init)
        case .uint16: raw(UInt16(0)).map(Int.init)
        case .int32: raw(Int32(0)).map(Int.init)
        case .uint32: raw(UInt32(0)).map(Int.init)
        case .int64: raw(Int64(0)).map(Int.init)
        case .uint64: raw(UInt64(0)).map { Int(truncatingIfNeeded: $0) }
        default: throw unreadableType()
        }
    }
}

extension Float {
    /// IEEE half precision, from its bits.
    init(half bits: UInt16) {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10) & 0x1f
        let fraction = Float(bits & 0x3ff) / 1024
        switch exponent {
        case 0: self = sign * fraction * 0x1p-14
        case 31: self = fraction == 0 ? sign * .infinity : .nan
        default: self = sign * (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
