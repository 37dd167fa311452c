import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// Weights in a file of more bytes than 32 bits count. The file has holes, so that it takes no space on the disk.
@Suite struct LargeExternalDataTests {
    /// Where a tensor's eight bytes lie: before, across and after what 31 and 32 bits hold.
    private static let places: [(name: String, offset: Int, values: [Float])] = [
        ("first", 0, [1, 2]), ("below", 1 << 31 - 4, [3, 4]), ("above", 1 << 31 + 4, [5, 6]),
        ("across", 1 << 32 - 4, [7, 8]), ("beyond", 1 << 32 + 1001, [9, 10]),
        ("last", 5 << 30 - 8, [11, 12]),
    ]

    @Test func valuesBeyondFourGigabytes() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("large-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("m.onnx.data").path
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        try #require(truncate(path, 5 << 30) == 0)
        let data = try #require(FileHandle(forWritingAtPath: path))
        var model = ONNXTestModel(input: [2], type: 1)
        var sum = "x"
        for (name, offset, values) in Self.places {
            try data.seek(toOffset: UInt64(offset))
            try data.write(contentsOf: ExternalDataTests.bytes(values))
            model.proto.graph.initializer.append(Self.tensor(name, [2], offset: offset))
            model.add("Add", [sum, name], ["after-\(name)"])
            sum = "after-\(name)"
        }
        try data.close()
        let bytes: Data = try model.proto.serializedBytes()
        try bytes.write(to: folder.appendingPathComponent("m.onnx"))

        let before = try Self.residentBytes()
        let read = try Model.onnx(folder.appendingPathComponent("m.onnx"))
        #expect(try Self.residentBytes() - before < 256 << 20)
        #expect(read.parameters.map(\.name) == Self.places.map(\.name))
        for (parameter, place) in zip(read.parameters, Self.places) {
            #expect(!parameter.values.isDouble)
            #expect(parameter.values.doubles == place.values.map { Double($0) }, "\(place.name)")
        }

        // What ends beyond the file is named with its bytes.
        model.proto.graph.initializer[5] = Self.tensor("last", [2], offset: 5 << 30 - 7)
        let beyond: Data = try model.proto.serializedBytes()
        try beyond.write(to: folder.appendingPathComponent("m.onnx"))
        let error = #expect(throws: ONNXImportError.self) { try Model.onnx(folder.appendingPathComponent("m.onnx")) }
        #expect(
            error?.message
                == "m.onnx: initializer 'last': its values are bytes 5368709113 to 5368709121 of 'm.onnx.data', "
                + "which has 5368709120 bytes; the file is cut off or belongs to another model")
    }

    private static func tensor(_ name: String, _ sizes: [Int64], offset: Int) -> ONNXTensorProto {
        .with {
            ($0.name, $0.dims, $0.dataType, $0.dataLocation) = (name, sizes, 1, .external)
            let entries = [
                ("location", "m.onnx.data"), ("offset", "\(offset)"), ("length", "\(4 * sizes.reduce(1, *))"),
            ]
            $0.externalData = entries.map { key, value in .with { ($0.key, $0.value) = (key, value) } }
        }
    }

    /// Memory that this process has now; elsewhere than on Linux nothing is measured.
    static func residentBytes() throws -> Int {
        #if os(Linux)
            let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return try #require(Int(fields[1])) * Int(sysconf(Int32(_SC_PAGESIZE)))
        #else
            return 0
        #endif
    }
}
