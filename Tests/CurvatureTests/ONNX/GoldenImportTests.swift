import Curvature
import Foundation
import TensorIR
import Testing

@testable import ONNXImport

/// The reference cases' models: what they predict, and what their parameters are.
@Suite struct GoldenImportTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/golden")

    private struct Case: Decodable {
        struct Parameter: Decodable, Hashable {
            var name: String
            var shape: [Int]
        }
        var parameters: [Parameter]
    }

    @Test(arguments: [
        ("mlp_digits_ce", "(B, 10)"), ("mlp_mse_mean", "(B, 3)"), ("mlp_mse_sum", "(B, 3)"), ("mlp_bce", "(B, 4)"),
        ("shared_linear_ce", "(B, 3)"), ("cnn_digits_ce", "(B, 10)"), ("resnet_digits_ce", "(B, 10)"),
        ("gpt_tied_ce", "(B, 6, 13)"),
    ])
    func predictionAndParameters(name: String, shape: String) throws {
        let folder = Self.folder.appendingPathComponent(name)
        let model = try Model.onnx(folder.appendingPathComponent("model.onnx"))
        #expect(model.graph.shape(model.prediction).description == shape)
        #expect(model.onlyBatch == nil)
        #expect(model.notes.isEmpty)
        let wanted = try JSONDecoder().decode(
            Case.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
        let selected = model.parameters.filter(\.isTrainable)
        #expect(Set(selected.map { Case.Parameter(name: $0.name, shape: $0.shape) }) == Set(wanted.parameters))
        for parameter in model.parameters where !parameter.isTrainable {
            #expect(parameter.reason.hasPrefix("statistic of"))
        }
    }

    @Test func nodesKeepTheirNames() throws {
        let model = try Model.onnx(Self.folder.appendingPathComponent("mlp_mse_mean/model.onnx"))
        #expect(model.graph.origin(of: model.prediction) != nil)
    }
}
