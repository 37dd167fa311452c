import Foundation
import ONNXImport
import Testing

@testable import Curvature

/// What docs/solvers.md says of Kronecker factors as preconditioners, on the trained digits network.
@Suite struct PreconditionerTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/examples/digits")

    /// On the last layer, where they are near the matrix, they save products; the reports are of solves that converged.
    @Test func kroneckerFactorsSaveProductsOnTheLastLayer() throws {
        let problem = try Problem(
            model: Self.folder.appendingPathComponent("cnn.onnx"),
            data: Self.folder.appendingPathComponent("cnn_data.safetensors"), loss: Loss(.crossEntropy()),
            parameters: ["7.weight", "7.bias"])
        func iterations(_ preconditioner: String?) throws -> Int {
            let own = preconditioner.map { ", preconditioner=inverse(\($0)(fisher=type2) + 0.0001 * identity)" } ?? ""
            let request = "inverse(ggn + 0.0001 * identity, solver=cg, tolerance=1e-6\(own)) @ gradient"
            let plan = try Plan(parseRequests([request], in: problem), problem: problem, options: float64Options)
            let execution = try Execution(plan)
            _ = try execution.run()
            let report = try #require(execution.measurement.steps.flatMap(\.solves).first)
            #expect(report.converged)
            return report.columns[0].iterations
        }
        let plain = try iterations(nil)
        for factors in ["kfac", "ekfac"] {
            let own = try iterations(factors)
            #expect(Double(own) < 0.95 * Double(plain), "\(factors) \(own), none \(plain)")
        }
    }
}
