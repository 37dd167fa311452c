import Foundation
import Testing

@testable import Safetensors

/// One tensor "x" of each type, with the values that it has as `Double` and, if it has integers, as `Int64`.
struct StoredTensor: CustomTestStringConvertible {
    let dtype: SafetensorsDType
    let bytes: [UInt8]
    let doubles: [Double]
    var integers: [Int64]?

    var testDescription: String { dtype.rawValue }

    static let all = [
        StoredTensor(
            dtype: .f64, bytes: stored([0.1, -.infinity, .leastNonzeroMagnitude] as [Double]),
            doubles: [0.1, -.infinity, .leastNonzeroMagnitude]),
        StoredTensor(
            dtype: .f32, bytes: stored([0.1, .greatestFiniteMagnitude, .leastNonzeroMagnitude] as [Float]),
            doubles: [Double(Float(0.1)), Double(Float.greatestFiniteMagnitude), 0x1p-149]),
        // 1, the largest, the smallest subnormal, -2, infinity, minus zero.
        StoredTensor(
            dtype: .f16, bytes: stored([0x3C00, 0x7BFF, 0x0001, 0xC000, 0x7C00, 0x8000] as [UInt16]),
            doubles: [1, 65504, 0x1p-24, -2, .infinity, -0.0]),
        // 1, the largest, the smallest subnormal, -3.140625, infinity, minus zero.
        StoredTensor(
            dtype: .bf16, bytes: stored([0x3F80, 0x7F7F, 0x0001, 0xC049, 0x7F80, 0x8000] as [UInt16]),
            doubles: [1, 0x1.FEp127, 0x1p-133, -3.140625, .infinity, -0.0]),
        StoredTensor(
            dtype: .i64, bytes: stored([.min, -1, .max] as [Int64]), doubles: [-0x1p63, -1, 0x1p63],
            integers: [.min, -1, .max]),
        StoredTensor(
            dtype: .i32, bytes: stored([.min, -1, .max] as [Int32]), doubles: [-0x1p31, -1, 0x1p31 - 1],
            integers: [-0x8000_0000, -1, 0x7FFF_FFFF]),
        StoredTensor(
            dtype: .i16, bytes: stored([.min, -1, .max] as [Int16]), doubles: [-32768, -1, 32767],
            integers: [-32768, -1, 32767]),
        StoredTensor(
            dtype: .i8, bytes: stored([.min, -1, .max] as [Int8]), doubles: [-128, -1, 127], integers: [-128, -1, 127]),
        StoredTensor(
            dtype: .u64, bytes: stored([0, (1 << 53) + 1, UInt64(Int64.max)] as [UInt64]),
            doubles: [0, 0x1p53, 0x1p63], integers: [0, (1 << 53) + 1, .max]),
        StoredTensor(
            dtype: .u32, bytes: stored([0, 7, .max] as [UInt32]), doubles: [0, 7, 0x1p32 - 1],
            integers: [0, 7, 0xFFFF_FFFF]),
        StoredTensor(
            dtype: .u16, bytes: stored([0, 7, .max] as [UInt16]), doubles: [0, 7, 65535], integers: [0, 7, 65535]),
        StoredTensor(dtype: .u8, bytes: [0, 7, 255], doubles: [0, 7, 255], integers: [0, 7, 255]),
        StoredTensor(dtype: .bool, bytes: [0, 1, 2], doubles: [0, 1, 1], integers: [0, 1, 1]),
    ]

    /// The tensor in a file, after `skipped` bytes of another.
    func open(in folder: TemporaryFolder, skipped: Int = 0) throws -> SafetensorsFile {
        var header = #"{"x": {"dtype": "\#(dtype)", "shape": [\#(doubles.count)], "#
        header += #""data_offsets": [\#(skipped), \#(skipped + bytes.count)]}, "#
        header += #""skipped": {"dtype": "U8", "shape": [\#(skipped)], "data_offsets": [0, \#(skipped)]}}"#
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let data = [UInt8](repeating: 0xAA, count: skipped) + bytes
        return try SafetensorsFile(contentsOf: folder.file("x.safetensors", fileBytes(header: header, data: data)))
    }
}

@Suite struct ReadingTests {
    @Test func everyTypeIsHere() {
        #expect(StoredTensor.all.map(\.dtype) == SafetensorsDType.allCases)
    }

    /// Skipping 0 bytes the tensor is aligned, skipping 1 to 7 bytes it is not.
    @Test(arguments: StoredTensor.all, 0..<8)
    func everyTypeIsReadAtAnyOffset(_ tensor: StoredTensor, skipped: Int) throws {
        let folder = try TemporaryFolder()
        let file = try tensor.open(in: folder, skipped: skipped)
        let entry = try file.entry("x")
        #expect(entry.isAligned == skipped.isMultiple(of: tensor.dtype.byteCount))

        let doubles = try file.values(of: "x", as: Double.self)
        #expect(doubles.map(\.bitPattern) == tensor.doubles.map(\.bitPattern))
        let floats = try file.values(of: "x", as: Float.self)
        #expect(floats.map(\.bitPattern) == tensor.doubles.map { Float($0).bitPattern })
        if let integers = tensor.integers {
            #expect(try file.values(of: "x", as: Int64.self) == integers)
        }
        #expect(try file.withBytes(of: "x") { $0.withUnsafeBytes(Array.init) } == tensor.bytes)
    }

    @Test(arguments: StoredTensor.all.filter { $0.integers == nil })
    func fractionsAreNoIntegers(_ tensor: StoredTensor) throws {
        let folder = try TemporaryFolder()
        let file = try tensor.open(in: folder)
        let error = try #require(throws: SafetensorsError.self) { try file.values(of: "x", as: Int64.self) }
        #expect(
            error.description
                == #"x.safetensors: tensor "x": expected integers, found \#(tensor.dtype); save it as I64"#)
        #expect(error.code == .conversion)
    }

    @Test func integersBeyondInt64AreAnError() throws {
        let folder = try TemporaryFolder()
        let tensor = StoredTensor(dtype: .u64, bytes: stored([1, 2, 1 << 63] as [UInt64]), doubles: [1, 2, 0x1p63])
        let file = try tensor.open(in: folder)
        var values: [Int64] = [0, 0]
        let error = try #require(throws: SafetensorsError.self) {
            var span = values.mutableSpan
            try file.read("x", from: 1, into: &span)
        }
        #expect(
            error.message
                == #"tensor "x": expected integers up to 9223372036854775807, found 9223372036854775808 at element 2; "#
                + "use smaller ones")
        #expect(try file.values(of: "x", as: Double.self) == tensor.doubles)
    }

    @Test func notANumberStaysOne() throws {
        let folder = try TemporaryFolder()
        for (dtype, bytes) in [
            (SafetensorsDType.f16, stored([0x7E01] as [UInt16])), (.bf16, stored([0xFFC1] as [UInt16])),
            (.f32, stored([Float.nan])), (.f64, stored([Double.nan])),
        ] {
            let file = try StoredTensor(dtype: dtype, bytes: bytes, doubles: [.nan]).open(in: folder)
            #expect(try file.values(of: "x", as: Double.self)[0].isNaN)
            #expect(try file.values(of: "x", as: Float.self)[0].isNaN)
        }
    }

    @Test func allHalvesAreExact() throws {
        let folder = try TemporaryFolder()
        let patterns = (0...UInt16.max).filter { $0 & 0x7C00 != 0x7C00 }
        // By the definition of binary16, not by the conversion that is tested.
        let expected = patterns.map { bits in
            let (exponent, fraction) = (Int(bits >> 10) & 31, Double(bits & 0x3FF))
            let scale = Double(sign: .plus, exponent: max(exponent, 1) - 25, significand: 1)
            return (bits >> 15 == 0 ? 1 : -1) * (exponent == 0 ? fraction : 1024 + fraction) * scale
        }
        let file = try StoredTensor(dtype: .f16, bytes: stored(patterns), doubles: expected).open(in: folder)
        #expect(try file.values(of: "x", as: Double.self) == expected)
        #expect(try file.values(of: "x", as: Float.self) == expected.map { Float($0) })
    }

    @Test func rangesAreReadAndSaidHow() throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appending(path: "r.safetensors")
        try SafetensorsWriter.write(
            [SafetensorsTensor(name: "x", shape: [3, 4], values: (0..<12).map { Float($0) })], to: url)
        let file = try SafetensorsFile(contentsOf: url)

        var floats = [Float](repeating: -1, count: 4)
        var doubles = [Double](repeating: -1, count: 5)
        var span = floats.mutableSpan
        #expect(try file.read("x", from: 8, into: &span) == .copied)
        var wider = doubles.mutableSpan
        #expect(try file.read("x", from: 1, into: &wider) == .converted(from: .f32))
        #expect(floats == [8, 9, 10, 11])
        #expect(doubles == [1, 2, 3, 4, 5])

        var none: [Float] = []
        var nothing = none.mutableSpan
        #expect(try file.read("x", from: 12, into: &nothing) == .copied)
    }

    @Test(arguments: [
        (-1, 1, "a request for 1 from -1"), (12, 1, "a request for 1 from 12"), (0, 13, "a request for 13 from 0"),
        (.max, 2, "a request for 2 from 9223372036854775807"), (13, 0, "a position of 13"),
    ])
    func rangesBeyondTheTensorAreErrors(start: Int, count: Int, found: String) throws {
        let folder = try TemporaryFolder()
        let file = try StoredTensor(
            dtype: .u8, bytes: [UInt8](repeating: 1, count: 12), doubles: [Double](repeating: 1, count: 12)
        ).open(in: folder)
        var values = [Float](repeating: 0, count: count)
        let error = try #require(throws: SafetensorsError.self) {
            var span = values.mutableSpan
            try file.read("x", from: start, into: &span)
        }
        #expect(
            error.message
                == #"tensor "x": expected a range within 12 elements, found \#(found); check the range against its shape [12]"#
        )
        #expect(error.code == .range)
    }

    @Test func alignedElementsAreUsedInPlace() throws {
        let folder = try TemporaryFolder()
        let tensor = StoredTensor.all[1]
        let aligned = try tensor.open(in: folder)
        let sum = try aligned.withElements(of: "x", as: Float.self) { span in
            span.withUnsafeBufferPointer { elements in
                let offset = aligned.file.bytes.baseAddress! + aligned["x"]!.byteRange.lowerBound
                #expect(UnsafeRawPointer(elements.baseAddress!) == offset)
            }
            return span.indices.reduce(0) { $0 + Double(span[$1]) }
        }
        #expect(sum == tensor.doubles.reduce(0, +))
        #expect(try aligned.withElements(of: "x", as: Double.self) { _ in 0 } == nil)
        #expect(try tensor.open(in: folder, skipped: 2).withElements(of: "x", as: Float.self) { _ in 0 } == nil)
    }

    @Test func unknownNamesAreErrorsWithASuggestion() throws {
        let folder = try TemporaryFolder()
        func message(_ name: String, names: [String]) throws -> String {
            let url = folder.url.appending(path: "n.safetensors")
            try SafetensorsWriter.write(names.map { SafetensorsTensor(name: $0, shape: [], values: [1.0]) }, to: url)
            let file = try SafetensorsFile(contentsOf: url)
            #expect(file[name] == nil)
            let error = try #require(throws: SafetensorsError.self) { try file.values(of: name, as: Double.self) }
            #expect(error.code == .unknownName)
            return error.message
        }
        #expect(
            try message("layer1.weigth", names: ["layer1.bias", "layer1.weight"])
                == #"expected a tensor "layer1.weigth", found none; did you mean "layer1.weight"?"#)
        #expect(
            try message("inputs", names: ["x", "y"])
                == #"expected a tensor "inputs", found none; the file holds "x", "y""#)
        #expect(
            try message("inputs", names: ["a", "b", "c", "d", "e", "f", "g"])
                == #"expected a tensor "inputs", found none; the file holds "a", "b", "c", "d", "e" and 2 more"#)
        #expect(try message("inputs", names: []) == #"expected a tensor "inputs", found none; the file holds none"#)
    }
}
