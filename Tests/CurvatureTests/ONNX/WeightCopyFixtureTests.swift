import Foundation
import Safetensors
import Testing

@testable import Curvature
@testable import ONNXImport

/// Networks that use a weight in several ways, of which PyTorch's exporters make several tensors, beside what PyTorch computes for them.
@Suite struct WeightCopyFixtureTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/copies")

    static let cases: [(name: String, parameters: Int, ties: [String])] = [
        ("autoencoder", 23, ["t is encoder.weight transposed"]),
        (
            "slices", 68,
            [
                "permute is _unsafe_view[:, 4:8] transposed", "select is _unsafe_view[:, 0:4]", "select_2 is table[2]",
            ]
        ),
        (
            "slices_torchscript", 68,
            [
                "onnx::Add_24 is table[2]", "onnx::MatMul_21 is onnx::MatMul_26[:, 0:4]",
                "onnx::MatMul_23 is onnx::MatMul_26[:, 4:8] transposed",
            ]
        ),
        ("convolutions", 15, ["permute is conv.weight with its axes in the order (1, 0, 2, 3)"]),
    ]

    @Test(arguments: cases.indices, [nil, 1] as [Int?])
    func derivativesAreTheNetworks(index: Int, batch: Int?) throws {
        let (name, parameters, ties) = Self.cases[index]
        let expected = Self.folder.appendingPathComponent("\(name)_expected.safetensors")
        let wanted = try SafetensorsFile(contentsOf: expected)
        let problem = try Problem(
            model: Self.folder.appendingPathComponent("\(name).onnx"),
            data: Self.folder.appendingPathComponent("\(name)_data.safetensors"),
            loss: Loss(.meanSquaredError(), reduction: .sum), vectors: expected)
        #expect(problem.shape.parameters == parameters)
        #expect(problem.parameters.map(\.name).joined(separator: ",") == wanted.metadata["parameters"])
        #expect(
            problem.model.notes
                == ties.map { "\($0), a copy of a tied parameter: they count as one" })
        let results = try evaluate(
            ["loss", "gradient", "product = hessian @ v"], problem, batchSize: batch, precision: .float64
        ).results
        for key in ["loss", "gradient", "product"] {
            let error = relativeError(results[key]!.values, try wanted.values(of: "reference_\(key)", as: Double.self))
            #expect(error < 1e-12, "\(name), \(key)")
        }
    }

    /// Other values for the parameters are values for their copies as well.
    @Test func otherWeightsKeepTheTie() throws {
        let file = Self.folder.appendingPathComponent("autoencoder.onnx")
        let model = try Model.onnx(file)
        var numbers = SeededNumbers(seed: 4)
        let tensors = model.parameters.map { parameter in
            (parameter, numbers.array(parameter.count))
        }
        let checkpoint = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: checkpoint) }
        try SafetensorsWriter.write(
            tensors.map { SafetensorsTensor(name: $0.name, shape: $0.shape, values: $1) }, to: checkpoint)
        func prediction(_ model: Model) throws -> [Double] {
            let data = Self.folder.appendingPathComponent("autoencoder_data.safetensors")
            let problem = try Problem(
                name: "m", model: model, loss: Loss(.meanSquaredError()), data: SafetensorsSource(data),
                vectors: ArraySource([:], origin: "none"))
            return try evaluate(["prediction"], problem, precision: .float64).results["prediction"]!.values
        }
        let loaded = try prediction(Model.onnx(file, weights: checkpoint))
        #expect(loaded == (try prediction(model.with(tensors.flatMap(\.1)))))
        #expect(loaded != (try prediction(model)))
    }
}
