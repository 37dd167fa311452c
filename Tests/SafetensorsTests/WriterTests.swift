import Foundation
import Testing

@testable import Safetensors

@Suite struct WriterTests {
    let folder: TemporaryFolder
    let url: URL

    init() throws {
        folder = try TemporaryFolder()
        url = URL(filePath: "out.safetensors", relativeTo: folder.url)
    }

    private func write(_ tensors: [SafetensorsTensor], metadata: [String: String] = [:]) throws -> SafetensorsFile {
        try SafetensorsWriter.write(tensors, metadata: metadata, to: url)
        return try SafetensorsFile(contentsOf: url)
    }

    @Test func everyTypeComesBack() throws {
        let tensors = StoredTensor.all.map { tensor in
            SafetensorsTensor(
                name: "\(tensor.dtype)", dtype: tensor.dtype, shape: [tensor.doubles.count, 1], stored: tensor.bytes)
        }
        let file = try write(tensors)
        #expect(file.entries.count == StoredTensor.all.count)
        for tensor in StoredTensor.all {
            let entry = try file.entry("\(tensor.dtype)")
            #expect(entry.dtype == tensor.dtype)
            #expect(entry.shape == [tensor.doubles.count, 1])
            #expect(entry.count == tensor.doubles.count)
            #expect(entry.isAligned)
            #expect(try file.withBytes(of: entry.name) { $0.withUnsafeBytes(Array.init) } == tensor.bytes)
        }
        #expect(try folder.contents == ["out.safetensors"])
    }

    @Test func bytesAreWhatTheFormatSays() throws {
        let tensors = [
            SafetensorsTensor(name: "b/\"é\n", shape: [2], values: [1, 2] as [Int64]),
            SafetensorsTensor(name: "a", shape: [], values: [0.5] as [Float]),
            SafetensorsTensor(name: "c", shape: [1, 0], values: [] as [Double]),
        ]
        _ = try write(tensors, metadata: ["z": "1", "note": "a \"b\""])
        let header =
            #"{"__metadata__":{"note":"a \"b\"","z":"1"},"#
            + #""b/\"é\n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"#
            + #""a":{"dtype":"F32","shape":[],"data_offsets":[16,20]},"#
            + #""c":{"dtype":"F64","shape":[1,0],"data_offsets":[16,16]}}"#
        let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let expected = fileBytes(header: header + padding, data: stored([1, 2] as [Int64]) + stored([0.5] as [Float]))
        #expect(try Array(Data(contentsOf: url)) == expected)

        let file = try write(tensors, metadata: ["note": "a \"b\"", "z": "1"])
        #expect(try Array(Data(contentsOf: url)) == expected)
        #expect(file.metadata == ["note": "a \"b\"", "z": "1"])
        #expect(file.entries.map(\.name) == ["b/\"é\n", "c", "a"])
    }

    /// The data are without holes, so alignment is a matter of their order.
    @Test func everyTensorIsAligned() throws {
        let file = try write([
            SafetensorsTensor(name: "flag", dtype: .bool, shape: [], stored: [1]),
            SafetensorsTensor(name: "half", dtype: .f16, shape: [1], stored: [0, 0]),
            SafetensorsTensor(name: "first", shape: [1], values: [1.5] as [Double]),
            SafetensorsTensor(name: "single", shape: [1], values: [2.5] as [Float]),
            SafetensorsTensor(name: "second", shape: [1], values: [3.5] as [Double]),
        ])
        #expect(file.entries.map(\.name) == ["first", "second", "single", "half", "flag"])
        #expect(file.entries.allSatisfy { $0.isAligned })
        #expect(try file.values(of: "second", as: Double.self) == [3.5])
    }

    @Test func emptyTensorsAndScalars() throws {
        let file = try write([
            SafetensorsTensor(name: "none", shape: [3, 0, 2], values: [] as [Double]),
            SafetensorsTensor(name: "scalar", shape: [], values: [7] as [Double]),
            SafetensorsTensor(name: "also none", shape: [0], values: [] as [Double]),
        ])
        #expect(try file.entry("none").count == 0)
        #expect(try file.values(of: "none", as: Double.self) == [])
        #expect(try file.values(of: "also none", as: Float.self) == [])
        #expect(try file.withElements(of: "none", as: Double.self) { $0.count } == 0)
        #expect(try file.entry("scalar").shape == [])
        #expect(try file.entry("scalar").count == 1)
        #expect(try file.values(of: "scalar", as: Double.self) == [7])
    }

    @Test func noTensors() throws {
        let file = try write([])
        #expect(file.entries == [])
        #expect(file.metadata == [:])
    }

    @Test func aBigHeader() throws {
        let names = (0..<5000).map { "layer.\($0).weight" }
        let file = try write(
            names.enumerated().map { SafetensorsTensor(name: $1, shape: [1], values: [Int64($0)]) })
        #expect(file.entries.map(\.name) == names)
        #expect(try file.values(of: "layer.4321.weight", as: Int64.self) == [4321])
    }

    @Test func piecesAreJoined() throws {
        let file = try write([
            SafetensorsTensor(name: "x", dtype: .f64, shape: [3]) { write in
                for value in [1.0, 2.0, 3.0] { try write([value].span.bytes) }
            }
        ])
        #expect(try file.values(of: "x", as: Double.self) == [1, 2, 3])
    }

    /// Tensors of doubles that cannot be written, by name, shape and number of values, and what is said of them.
    static let impossible: [(tensors: [(name: String, shape: [Int], count: Int)], message: String)] = [
        ([("a", [1], 1), ("a", [0], 0)], #"tensor "a": expected each name once, found it twice; give another name"#),
        (
            [("__metadata__", [1], 1)],
            #"tensor "__metadata__": expected the name of a tensor, found the key of the notes; give another name"#
        ),
        (
            [("a", [-1, -1], 1)],
            #"tensor "a": expected a shape that fits a file, found [-1, -1]; check its dimensions"#
        ),
        (
            [("a", [.max, 2], 1)],
            #"tensor "a": expected a shape that fits a file, found [9223372036854775807, 2]; check its dimensions"#
        ),
        (
            [("a", [1 << 59], 1), ("b", [1 << 59], 1)],
            #"tensor "b": expected a shape that fits a file, found [576460752303423488]; check its dimensions"#
        ),
        ([("a", [2], 1)], #"tensor "a": expected 16 bytes for F64 [2], found 8; give it the shape of its values"#),
        ([("a", [], 2)], #"tensor "a": expected 8 bytes for F64 [], found 16; give it the shape of its values"#),
    ]

    @Test(arguments: impossible)
    func impossibleTensorsAreErrors(
        tensors specifications: [(name: String, shape: [Int], count: Int)], message: String
    ) throws {
        let tensors = specifications.map { name, shape, count in
            SafetensorsTensor(name: name, shape: shape, values: [Double](repeating: 1, count: count))
        }
        try Data("old".utf8).write(to: url)
        let error = try #require(throws: SafetensorsError.self) { try SafetensorsWriter.write(tensors, to: url) }
        #expect(error.description == "out.safetensors: \(message)")
        #expect(error.code == .argument)
        #expect(try Data(contentsOf: url) == Data("old".utf8))
        #expect(try folder.contents == ["out.safetensors"])
    }

    @Test func anErrorOfATensorLeavesNothingBehind() throws {
        struct Interrupt: Error {}
        #expect(throws: Interrupt.self) {
            try write([
                SafetensorsTensor(name: "x", dtype: .f64, shape: [2]) { write in
                    try write([1.0].span.bytes)
                    throw Interrupt()
                }
            ])
        }
        #expect(try folder.contents == [])
    }

    @Test func placesThatCannotBeWrittenAreErrors() throws {
        func message(_ name: String) throws -> String {
            let target = URL(filePath: name, relativeTo: folder.url)
            let error = try #require(throws: SafetensorsError.self) { try SafetensorsWriter.write([], to: target) }
            #expect(error.code == .file)
            return error.description
        }
        let remedy = "check that its folder exists and can be written to"
        #expect(try message("no/x") == "no/x: cannot be written: No such file or directory; \(remedy)")
        _ = try folder.file("file", [])
        #expect(try message("file/x") == "file/x: cannot be written: Not a directory; \(remedy)")
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "sub"), withIntermediateDirectories: true)
        #expect(try message("sub") == "sub: expected a file to write, found a folder; give another path")
        #expect(try folder.contents == ["file", "sub"])
    }
}
