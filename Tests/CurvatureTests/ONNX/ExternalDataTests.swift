import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// Weights in files beside the model.
@Suite struct ExternalDataTests {
    /// y = x w, with w in another file.
    static func model(_ entries: [String: String], type: Int32 = 1) -> ONNXTestModel {
        var model = ONNXTestModel(input: [2])
        var weight = ONNXTensorProto()
        (weight.name, weight.dims, weight.dataType, weight.dataLocation) = ("w", [2, 1], type, .external)
        weight.externalData = entries.sorted(by: { $0.key < $1.key }).map { key, value in
            var entry = ONNXStringStringEntryProto()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        model.proto.graph.initializer = [weight]
        model.add("MatMul", ["x", "w"], ["y"])
        return model
    }

    /// What the model in a folder of its own, beside a file with `bytes`, holds as w; or its error.
    static func weight(_ model: ONNXTestModel, bytes: Data) throws -> [Double] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("part"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try bytes.write(to: folder.appendingPathComponent("m.onnx.data"))
        try bytes.write(to: folder.appendingPathComponent("part/w.bin"))
        let file: Data = try model.proto.serializedBytes()
        try file.write(to: folder.appendingPathComponent("m.onnx"))
        let read = try Model.onnx(folder.appendingPathComponent("m.onnx"))
        return read.parameters[0].values.doubles
    }
    static func error(_ entries: [String: String], bytes: Data = Data(count: 16)) -> String {
        do {
            return "no error: \(try weight(model(entries), bytes: bytes))"
        } catch {
            return "\(error)"
        }
    }
    static func bytes<Element>(_ elements: [Element]) -> Data { elements.withUnsafeBytes { Data($0) } }

    @Test func valuesAtAnOffset() throws {
        let bytes = Self.bytes([9, 1.5, -2.25] as [Float])
        let entries = ["location": "m.onnx.data", "offset": "4", "length": "8"]
        #expect(try Self.weight(Self.model(entries), bytes: bytes) == [1.5, -2.25])
        #expect(try Self.weight(Self.model(["location": "part/w.bin", "offset": "4"]), bytes: bytes) == [1.5, -2.25])
        // Values need not be aligned.
        let shifted = Data([7]) + Self.bytes([0.1, 3] as [Double])
        #expect(
            try Self.weight(Self.model(["location": "m.onnx.data", "offset": "1"], type: 11), bytes: shifted) == [
                0.1, 3,
            ])
    }

    @Test func halfPrecisions() throws {
        let location = ["location": "m.onnx.data"]
        #expect(
            try Self.weight(Self.model(location, type: 10), bytes: Self.bytes([0x3e00, 0xc080] as [UInt16])) == [
                1.5, -2.25,
            ])
        #expect(
            try Self.weight(Self.model(location, type: 16), bytes: Self.bytes([0x3fc0, 0xc010] as [UInt16])) == [
                1.5, -2.25,
            ])
    }

    @Test func whatIsRefused() {
        let place = "m.onnx: initializer 'w': "
        #expect(
            Self.error(["offset": "0"])
                == place + "its values are in another file, but it does not say in which (external_data: location)")
        for path in ["/etc/passwd", "../w.bin", "part/../../w.bin", "..\\w.bin"] {
            #expect(
                Self.error(["location": path])
                    == place + "its values are in '\(path)'; only files within the model's own folder are read")
        }
        #expect(
            Self.error(["location": "none.bin"])
                == place
                + "its values are in 'none.bin' in the model's folder, which cannot be read; keep the two files together"
        )
        for (key, value) in [("offset", "-1"), ("length", "x"), ("offset", "99999999999999999999")] {
            #expect(
                Self.error(["location": "m.onnx.data", key: value])
                    == place + "its external data has the \(key) '\(value)'; expected a number from 0")
        }
        #expect(
            Self.error(["location": "m.onnx.data", "offset": "17"])
                == place + "its values begin at byte 17 of 'm.onnx.data', which has 16 bytes")
        #expect(
            Self.error(["location": "m.onnx.data", "offset": "12"])
                == place + "its values are bytes 12 to 20 of 'm.onnx.data', which has 16 bytes; "
                + "the file is cut off or belongs to another model")
        #expect(
            Self.error(["location": "m.onnx.data", "offset": "8", "length": "\(Int.max)"]).hasPrefix(
                place + "its values are bytes 8 to "))
        #expect(
            Self.error(["location": "m.onnx.data", "length": "4"]) == place
                + "2 elements of 4 bytes expected, found 4 bytes")
    }

    /// Links are followed within the model's folder, and within the one that the model is linked from.
    @Test func links() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? files.removeItem(at: folder) }
        let (models, blobs) = (folder.appendingPathComponent("models"), folder.appendingPathComponent("blobs"))
        for folder in [models, blobs] { try files.createDirectory(at: folder, withIntermediateDirectories: true) }
        try Self.bytes([1.5, -2.25] as [Float]).write(to: blobs.appendingPathComponent("w"))
        let file: Data = try Self.model(["location": "w.bin"]).proto.serializedBytes()
        try file.write(to: models.appendingPathComponent("m.onnx"))
        let link = models.appendingPathComponent("w.bin")
        try files.createSymbolicLink(atPath: link.path, withDestinationPath: "../blobs/w")
        func error() -> String {
            do {
                _ = try Model.onnx(models.appendingPathComponent("m.onnx"))
                return "no error"
            } catch {
                return "\(error)"
            }
        }
        #expect(
            error()
                == "m.onnx: initializer 'w': its values are in 'w.bin', which is a link to a file outside of the model's "
                + "folder; copy that file into the folder")
        // As caches of downloads have it: both are links.
        try files.moveItem(at: models.appendingPathComponent("m.onnx"), to: blobs.appendingPathComponent("m"))
        try files.createSymbolicLink(
            atPath: models.appendingPathComponent("m.onnx").path, withDestinationPath: "../blobs/m")
        #expect(error() == "no error")
        // A pipe is not waited for, nor is a folder read.
        try files.removeItem(at: link)
        #expect(mkfifo(link.path, 0o600) == 0)
        #expect(error().hasSuffix("which cannot be read; keep the two files together"))
        try files.removeItem(at: link)
        try files.createDirectory(at: link, withIntermediateDirectories: true)
        #expect(error().hasSuffix("which cannot be read; keep the two files together"))
    }

    @Test func aModelInMemoryHasNoFolder() {
        #expect(
            Self.model(["location": "m.onnx.data"]).error()
                == "m.onnx: initializer 'w': its values are in the file 'm.onnx.data', and a model in memory has no folder "
                + "to look for it; read the model from its file")
    }
}
