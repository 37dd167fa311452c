import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// What a model says of files beside it, changed at random: each change ends in an answer or in one error.
@Suite(.timeLimit(.minutes(2))) struct ExternalDataMutationTests {
    private static let numbers = [
        "0", "1", "4", "8", "15", "16", "17", "24", "40", "41", "2147483648", "4294967296", "9223372036854775807",
        "9223372036854775808", "18446744073709551615", "-1", "-9223372036854775808", "", " 8", "8 ", "+8", "0x8", "8.0",
        "1e2",
        "٨", "NaN", "\u{0}",
    ]
    private static let locations = [
        "w.bin", "b.bin", "none.bin", "", ".", "..", "/", "./w.bin", "part/w.bin", "part", "part/", "../w.bin",
        "part/../w.bin",
        "/etc/passwd", "w.bin/", "//w.bin", "w.bin\u{0}", "w.bin\n", "m.onnx", "..\\w.bin", "link.bin", "loop.bin",
        "pipe.bin",
        "empty.bin", "%2e%2e/w.bin", String(repeating: "a/", count: 3000), "é.bin",
    ]
    private static let keys = ["location", "offset", "length", "checksum", "basepath", "", "Offset"]

    /// y = x w + b, both in files of their own.
    private static func model() -> ONNXTestModel {
        var model = ONNXTestModel(input: [2])
        for (name, sizes) in [("w", [2, 3]), ("b", [3])] as [(String, [Int64])] {
            var weight = ONNXTensorProto()
            (weight.name, weight.dims, weight.dataType, weight.dataLocation) = (name, sizes, 1, .external)
            let entries = [("location", "\(name).bin"), ("offset", "4"), ("length", "\(4 * sizes.reduce(1, *))")]
            weight.externalData = entries.map { key, value in .with { ($0.key, $0.value) = (key, value) } }
            model.proto.graph.initializer.append(weight)
        }
        model.add("MatMul", ["x", "w"], ["h"])
        model.add("Add", ["h", "b"], ["y"])
        return model
    }

    private static func folder() throws -> URL {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("external-\(UUID().uuidString)")
        try files.createDirectory(at: folder.appendingPathComponent("part"), withIntermediateDirectories: true)
        let bytes = ExternalDataTests.bytes((0..<10).map { Float($0) })
        for name in ["w.bin", "b.bin", "part/w.bin", "é.bin"] {
            try bytes.write(to: folder.appendingPathComponent(name))
        }
        try Data().write(to: folder.appendingPathComponent("empty.bin"))
        func link(_ name: String, to other: String) throws {
            try files.createSymbolicLink(
                atPath: folder.appendingPathComponent(name).path, withDestinationPath: other)
        }
        try link("link.bin", to: "w.bin")
        try link("loop.bin", to: "loop.bin")
        #expect(mkfifo(folder.appendingPathComponent("pipe.bin").path, 0o600) == 0)
        return folder
    }

    private static func mutate(_ tensor: inout ONNXTensorProto, _ random: inout SplitMix) {
        func pick<Element>(_ list: [Element]) -> Element { list.randomElement(using: &random)! }
        let entry = tensor.externalData.indices.randomElement(using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1, 2: if let entry { tensor.externalData[entry].value = pick(numbers) }
        case 3, 4:
            if let entry { tensor.externalData[entry] = .with { ($0.key, $0.value) = ("location", pick(locations)) } }
        case 5: if let entry { tensor.externalData.remove(at: entry) }
        case 6: tensor.externalData.append(.with { ($0.key, $0.value) = (pick(keys), pick(numbers + locations)) })
        case 7:
            tensor.dims = pick([[], [0], [3], [2, 3], [-1, 3], [.max, 3], [1 << 20, 1 << 20], [6], [3, 2], [10]])
        case 8: tensor.dataType = pick([0, 1, 6, 7, 8, 9, 10, 11, 14, 16, 17, 22, 23, 99])
        default:
            switch Int.random(in: 0..<3, using: &random) {
            case 0: tensor.dataLocation = .default
            case 1: tensor.rawData = Data(count: pick([0, 4, 12, 24]))
            default: tensor.floatData = [Float](repeating: 1, count: pick([0, 3, 6]))
            }
        }
    }

    @Test(arguments: 0..<4) func everyChangeHasAnEnd(part: Int) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("m.onnx")
        var (answers, errors): (Int, Set<String>) = (0, [])
        for seed in UInt64(part * 250)..<UInt64(part * 250 + 250) {
            var random = SplitMix(seed: seed)
            var model = Self.model()
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                Self.mutate(&model.proto.graph.initializer[Int.random(in: 0...1, using: &random)], &random)
            }
            let bytes: Data = try model.proto.serializedBytes()
            try bytes.write(to: file)
            do {
                let read = try Model.onnx(file)
                answers += 1
                for parameter in read.parameters {
                    #expect(parameter.values.count == parameter.shape.reduce(1, *), "seed \(seed)")
                }
            } catch let error as ONNXImportError {
                errors.insert(error.message)
                #expect(error.message.hasPrefix("m.onnx: ") && error.message.count < 2100, "seed \(seed): \(error)")
                #expect(!error.message.contains { $0.isNewline }, "seed \(seed): \(error)")
            } catch {
                Issue.record("seed \(seed): another error: \(error)")
            }
        }
        // Both happen, and of errors there are many.
        #expect(answers > 20 && errors.count > 20, "\(answers) answers, \(errors.count) errors")
    }

    /// The files beside the model get shorter, byte by byte.
    @Test func shorterFiles() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("m.onnx")
        let bytes: Data = try Self.model().proto.serializedBytes()
        try bytes.write(to: file)
        let whole = try Data(contentsOf: folder.appendingPathComponent("w.bin"))
        for count in 0...whole.count {
            try whole.prefix(count).write(to: folder.appendingPathComponent("w.bin"))
            let place = "m.onnx: initializer 'w': its values "
            let expected =
                switch count {
                case 0..<4: place + "begin at byte 4 of 'w.bin', which has \(count) bytes"
                case 4..<28:
                    place + "are bytes 4 to 28 of 'w.bin', which has \(count) bytes; "
                        + "the file is cut off or belongs to another model"
                default: "no error"
                }
            do {
                _ = try Model.onnx(file)
                #expect(expected == "no error", "\(count)")
            } catch {
                #expect("\(error)" == expected)
            }
        }
    }
}
