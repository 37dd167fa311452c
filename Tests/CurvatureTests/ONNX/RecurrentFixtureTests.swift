import Foundation
import ONNXImport
import Safetensors
import Testing

@testable import Curvature

/// Curvature of recurrent networks beside what PyTorch computes for them in float64.
@Suite struct RecurrentFixtureTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/recurrent")

    @Test(arguments: ["rnn", "gru", "lstm"], [nil, 1] as [Int?])
    func products(name: String, batch: Int?) throws {
        let expected = Self.folder.appendingPathComponent("\(name)_expected.safetensors")
        let wanted = try SafetensorsFile(contentsOf: expected)
        let problem = try Problem(
            model: Self.folder.appendingPathComponent("\(name).onnx"),
            data: Self.folder.appendingPathComponent("\(name)_data.safetensors"), loss: Loss(.crossEntropy()),
            vectors: expected, parameters: wanted.metadata["parameters"]!.split(separator: ",").map(String.init))
        let requests = ["loss", "gradient", "hessian_v = hessian @ v", "ggn_v = ggn @ v"]
        let results = try evaluate(requests, problem, batchSize: batch, precision: .float64).results
        for key in ["loss", "gradient", "hessian_v", "ggn_v"] {
            let error = relativeError(results[key]!.values, try wanted.values(of: "reference_\(key)", as: Double.self))
            #expect(error < 1e-12, "\(name), \(key)")
        }
    }
}
