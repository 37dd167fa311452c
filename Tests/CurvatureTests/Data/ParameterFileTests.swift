import Curvature
import Foundation
import Safetensors
import Testing

@testable import ONNXImport

/// Files with one tensor for each parameter: other weights, vectors, and results written that way.
@Suite struct ParameterFileTests {
    /// A folder with a model y = x w + b, three inputs and two outputs, and a second output x w.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            var model = ONNXTestModel(input: [3])
            model.weight("w", [3, 2], [1, 2, 3, 4, 5, 6])
            model.weight("b", [2], [10, 20])
            model.add("MatMul", ["x", "w"], ["product"])
            let product = model.proto.graph.output
            model.add("Add", ["product", "b"], ["y"])
            model.proto.graph.output += product
            let bytes: Data = try model.proto.serializedBytes()
            try bytes.write(to: url.appendingPathComponent("m.onnx"))
        }
        deinit { try? FileManager.default.removeItem(at: url) }

        func file(_ name: String) -> URL { url.appendingPathComponent(name) }
        func write(_ name: String, _ tensors: [SafetensorsTensor]) throws -> URL {
            try SafetensorsWriter.write(tensors, to: file(name))
            return file(name)
        }
        func problem(weights: URL? = nil, prediction: String? = nil) throws -> Problem {
            try Problem(
                model: .onnx(file("m.onnx"), weights: weights, prediction: prediction),
                loss: .meanSquaredError(reduction: .sum),
                data: .arrays([
                    "inputs": HostArray([1.0, 0, 2, 0, 1, 0], shape: [2, 3]),
                    "targets": HostArray([0.0, 0, 0, 0], shape: [2, 2]),
                ]))
        }
        func error(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)".replacingOccurrences(of: url.path + "/", with: "") }
            return "no error"
        }
    }
    static func results(_ requests: [String], _ problem: Problem) throws -> Results {
        var options = PlanOptions()
        options.precision = .float64
        return try Execution(Plan(parseRequests(requests, in: problem), problem: problem, options: options)).run()
    }
    static func tensor(_ name: String, _ shape: [Int], _ values: [Double]) -> SafetensorsTensor {
        SafetensorsTensor(name: name, shape: shape, values: values)
    }

    @Test func otherWeightsAndAnotherOutput() throws {
        let folder = try Folder()
        #expect(try Self.results(["prediction"], folder.problem()).entries[0].values == [21, 34, 13, 24])
        #expect(
            try Self.results(["prediction"], folder.problem(prediction: "product")).entries[0].values == [11, 14, 3, 4])
        let weights = try folder.write(
            "weights", [Self.tensor("w", [3, 2], [0, 1, 0, 0, 1, 0]), Self.tensor("b", [2], [0.5, 0.1])])
        #expect(
            try Self.results(["prediction"], folder.problem(weights: weights)).entries[0].values == [
                2.5, 1.1, 0.5, 0.1,
            ])
    }

    @Test func whatIsRefused() throws {
        let folder = try Folder()
        let weights = try folder.write(
            "weights", [Self.tensor("w", [2, 3], [0, 1, 0, 0, 1, 0]), Self.tensor("bias", [2], [0.5, 0.1])])
        #expect(
            folder.error { _ = try folder.problem(weights: weights) }.hasSuffix(
                "it does not hold this model's parameters: 'w' has shape [2, 3], expected [3, 2]; 'b' is missing; "
                    + "the model has no parameter 'bias'"))
        #expect(
            folder.error { _ = try folder.problem(prediction: "z") }
                == "m.onnx: the model has no output 'z'; its outputs are 'y', 'product'")
        #expect(
            folder.error { _ = try folder.problem().naming(["v": .files([weights])]) }.hasSuffix(
                "it is no vector of this problem's parameters: 'w' has shape [2, 3], expected [3, 2]; 'b' is missing"))
    }

    /// A vector that is written in parts and read again is the same vector.
    @Test func splitResultsAreVectors() throws {
        let folder = try Folder()
        let problem = try folder.problem()
        let results = try Self.results(["gradient", "loss"], problem)
        let gradient = results.entries[0].values
        try results.write(to: folder.file("split"), splitting: problem)
        let file = try SafetensorsFile(contentsOf: folder.file("split"))
        #expect(Set(file.entries.map(\.name)) == ["gradient/w", "gradient/b", "loss"])
        #expect(file["gradient/w"]?.shape == [3, 2])
        #expect(try file.values(of: "gradient/w") + file.values(of: "gradient/b") == gradient)

        let vector = try folder.write(
            "vector",
            [
                Self.tensor("b", [2], try file.values(of: "gradient/b")),
                Self.tensor("w", [3, 2], try file.values(of: "gradient/w")),
            ])
        let named = try problem.naming(["g": .files([vector])])
        let found = try Self.results(["dot(g, gradient)", "g"], named)
        #expect(found.entries[1].values == gradient)
        let square = gradient.reduce(0) { $0 + $1 * $1 }
        #expect(abs(found.entries[0].values[0] - square) <= 1e-12 * square)
    }
}
