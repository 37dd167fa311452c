import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// Large values stay in the file: what is parsed is the rest, and what is read is the same.
@Suite struct RawDataFieldsTests {
    private static func model() -> ONNXTestModel {
        var model = ONNXTestModel(input: [16], type: 1)
        for (name, sizes) in [("large", [16, 32]), ("small", [32]), ("other", [32, 20])] {
            var numbers = SeededNumbers(seed: UInt64(name.count))
            let values = numbers.array(sizes.reduce(1, *)).map { Float($0) }
            var tensor = ONNXTensorProto()
            (tensor.name, tensor.dims, tensor.dataType) = (name, sizes.map(Int64.init), 1)
            tensor.rawData = ExternalDataTests.bytes(values)
            model.proto.graph.initializer.append(tensor)
        }
        model.add("MatMul", ["x", "large"], ["a"])
        model.add("Add", ["a", "small"], ["b"])
        model.add("MatMul", ["b", "other"], ["y"])
        return model
    }

    @Test func whatIsCutOutIsPutBack() throws {
        let proto = Self.model().proto
        let whole: Data = try proto.serializedBytes()
        // Also where the bytes are a part of others.
        for data in [whole, (Data([1, 2, 3]) + whole)[3...]] {
            let fields = try #require(RawDataFields(of: data))
            #expect(fields.ranges.keys.sorted() == [0, 2])
            #expect(fields.model.count < whole.count - 4 * (16 * 32 + 32 * 20))
            var read = try ONNXModelProto(serializedBytes: fields.model)
            #expect(read != proto)
            for (index, range) in fields.ranges { read.graph.initializer[index].rawData = data[range] }
            #expect(read == proto)
        }
    }

    @Test func bytesThatAreNoModelAreLeftToTheParser() throws {
        let whole: Data = try Self.model().proto.serializedBytes()
        for length in stride(from: 0, to: whole.count, by: 7) {
            guard let fields = RawDataFields(of: whole.prefix(length)) else { continue }
            // A prefix that ends between two fields is a model.
            #expect(throws: Never.self) { try ONNXModelProto(serializedBytes: whole.prefix(length)) }
            #expect(fields.model.count < length)
        }
        #expect(RawDataFields(of: Data([0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1])) == nil)
        #expect(RawDataFields(of: Data([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])) == nil)
        #expect(RawDataFields(of: Data()) == nil)
    }

    /// Two gigabytes less what a message may have are too many for a test; these are enough to tell.
    @Test(arguments: [false, true]) func aLookAtAModelLeavesItsValuesInTheFile(isExternal: Bool) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("deferred-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let side = 5000
        var model = ONNXTestModel(input: [side], type: 1)
        for name in ["w", "v"] {
            // Transposed they are no copies: all differ but in the first row.
            let scale: Float = name == "w" ? 1 : 2
            let values = (0..<side * side).map { Float($0 & 0xfffff) * scale }
            var tensor = ONNXTensorProto()
            (tensor.name, tensor.dims, tensor.dataType) = (name, [Int64(side), Int64(side)], 1)
            if isExternal {
                tensor.dataLocation = .external
                tensor.externalData = [.with { ($0.key, $0.value) = ("location", name) }]
                try ExternalDataTests.bytes(values).write(to: folder.appendingPathComponent(name))
            } else {
                tensor.rawData = ExternalDataTests.bytes(values)
            }
            model.proto.graph.initializer.append(tensor)
        }
        model.add("MatMul", ["x", "w"], ["h"])
        model.add("MatMul", ["h", "v"], ["y"])
        let url = folder.appendingPathComponent("m.onnx")
        let bytes: Data = try model.proto.serializedBytes()
        try bytes.write(to: url)
        model = ONNXTestModel()

        let before = try LargeExternalDataTests.residentBytes()
        let read = try ModelSource.onnx(url, weights: nil, prediction: nil, isLoaded: false).load(["inputs": [1, side]])
        #expect(read.parameters.map(\.isTrainable) == [true, true])
        #expect(read.parameters[1].values.prefix(3) == [0, 2, 4])
        // 200 MB of values.
        #expect(try LargeExternalDataTests.residentBytes() - before < 32 << 20)
        // They are there once they are asked for, and the file may go.
        let loaded = read.loaded()
        if isExternal {
            for name in ["w", "v"] { try Data().write(to: folder.appendingPathComponent(name), options: .atomic) }
        }
        #expect(loaded.parameters[0].values.doubles[side * side - 1] == Double((side * side - 1) & 0xfffff))
        withExtendedLifetime(bytes) {}
    }
}
