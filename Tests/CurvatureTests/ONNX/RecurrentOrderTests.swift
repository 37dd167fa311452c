import Foundation
import Safetensors
import Testing

@testable import Curvature
@testable import ONNXImport

/// Weights and vectors of a recurrent network in PyTorch's names and order, for files that have them in ONNX's.
@Suite struct RecurrentOrderTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/gates")

    private static func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    private static func problem(_ exporter: String, weights: String? = "weights.safetensors") throws -> Problem {
        try Problem(
            model: .onnx(url("\(exporter).onnx"), weights: weights.map(url)),
            loss: Loss(.meanSquaredError(), reduction: .sum), data: .files([url("data.safetensors")]),
            vectors: .empty(origin: "none"))
    }

    @Test(arguments: ["dynamo", "torchscript"])
    func weightsAndVectorsOfPyTorch(exporter: String) throws {
        let names = ["u", "v", "gradient"]
        let problem = try Self.problem(exporter)
            .naming(
                Dictionary(
                    uniqueKeysWithValues: names.map { ("py_\($0)", try .files([Self.url("\($0).safetensors")])) }))
        let results = try evaluate(
            [
                "loss", "prediction", "gu = dot(gradient, py_u)", "uHv = dot(py_u, hessian @ py_v)",
                "Hv = norm(hessian @ py_v)", "own = gradient", "py_gradient",
            ], problem, precision: .float64
        ).results
        let wanted = try SafetensorsFile(contentsOf: Self.url("expected.safetensors"))
        for key in ["loss", "prediction", "gu", "uHv", "Hv"] {
            #expect(relativeError(results[key]!.values, try wanted.values(of: key, as: Double.self)) < 1e-12, "\(key)")
        }
        // Entry by entry.
        #expect(relativeError(results["own"]!.values, results["py_gradient"]!.values) < 1e-12)
    }

    @Test func whatIsMissing() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        let whole = try SafetensorsFile(contentsOf: Self.url("v.safetensors"))
        try SafetensorsWriter.write(
            whole.entries.filter { $0.name != "gru.bias_hh_l0" }.map { entry in
                let isShort = entry.name == "encoders.0.rnn.weight_ih_l1_reverse"
                let values = try whole.values(of: entry.name, as: Double.self)
                return SafetensorsTensor(
                    name: entry.name, shape: isShort ? [values.count] : entry.shape, values: values)
            }, to: file)
        let told =
            "'encoders.0.rnn.weight_ih_l1_reverse' has shape [32], expected [8, 4]; 'gru.bias_hh_l0' is missing"
        let problem = try Self.problem("dynamo", weights: nil)
        let error = #expect(throws: ProblemError.self) { try problem.naming(["v": .files([file])]) }
        #expect(error?.message == "\(file.path): it is no vector of this problem's parameters: \(told)")
        let other = #expect(throws: ONNXImportError.self) {
            try Model.onnx(Self.url("dynamo.onnx"), inputShapes: ["inputs": [4, 3, 3]], weights: file)
        }
        #expect(other?.message == "\(file.path): it does not hold this model's parameters: \(told)")
    }

    @Test func inspectionSaysWhatTheyAre() throws {
        let inspection = try ONNXInspection(Self.url("torchscript.onnx"))
        let lstm = "ONNX's order (input, output, forget, candidate; PyTorch's is input, forget, candidate, output)"
        let gru = "ONNX's order (update, reset, candidate; PyTorch's is reset, update, candidate)"
        let end = "; --vector and --weights take PyTorch's tensors as they are"
        let names = inspection.parameters.map(\.name)
        let notes = inspection.notes.map { note in
            names.reduce(note) { $0.hasPrefix("\($1) ") ? "W" + $0.dropFirst($1.count) : $0 }
        }
        let rnn = "encoders.0.rnn"
        func both(_ name: String) -> String { "\(rnn).\(name), \(rnn).\(name)_reverse" }
        func biases(_ layer: Int) -> String {
            ["", "_reverse"].map { "\(rnn).bias_ih_l\(layer)\($0), \(rnn).bias_hh_l\(layer)\($0)" }.joined(
                separator: ", ")
        }
        let block =
            "; Kronecker-factored, it has a block of its own, of sums over positions, and no part in those of the layers"
        let joined = "of the network, one after the other, with the gates in"
        #expect(
            notes
                == (0..<2).flatMap { layer in
                    [
                        "W is \(both("weight_ih_l\(layer)")) \(joined) \(lstm)\(end)",
                        "W is \(both("weight_hh_l\(layer)")) \(joined) \(lstm)\(end)",
                        "W is \(biases(layer)) \(joined) \(lstm)\(block)\(end)",
                    ]
                } + [
                    "W is gru.weight_ih_l0 of the network, with the gates in \(gru)\(end)",
                    "W is gru.weight_hh_l0 of the network, with the gates in \(gru)\(end)",
                    "W is gru.bias_ih_l0, gru.bias_hh_l0 \(joined) \(gru)\(block)\(end)",
                ])
    }

    /// Where nothing tells which module a node was made for, the order is said all the same.
    @Test func withoutAModule() throws {
        var model = ONNXTestModel(input: [2, 3])
        model.weight("w", [1, 8, 3])
        model.weight("r", [1, 8, 2])
        model.add("Transpose", ["x"], ["t"], ["perm": .ints([1, 0, 2])])
        model.add("LSTM", ["t", "w", "r"], ["y", "h"])
        model.add("Squeeze", ["h"], ["out"])
        let inspection = try ONNXInspection(model.file(), inputShapes: [:], examples: nil)
        let gates =
            "with the gates in ONNX's order (input, output, forget, candidate; PyTorch's is input, forget, candidate, output)"
        let end = "a vector or weights in PyTorch's order have to be put in this one"
        #expect(
            inspection.notes == [
                "w is weight_ih_l0 of node 'y' (LSTM), \(gates); \(end)",
                "r is weight_hh_l0 of node 'y' (LSTM), \(gates); \(end)",
            ])
    }
}
