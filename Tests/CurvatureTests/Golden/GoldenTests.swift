import Foundation
import ONNXImport
import Safetensors
import Testing

@testable import Curvature

/// The reference cases, computed by an independent library in float64.
@Suite struct GoldenTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/golden")

    struct Case: Decodable {
        struct Parameter: Decodable { var name: String }
        var name, loss, reduction: String
        var batchSize: Int
        var parameters: [Parameter]
        var relativeTolerance: [String: Double]
        var expressions: [String: String]
        enum CodingKeys: String, CodingKey {
            case name, loss, reduction, parameters, expressions
            case batchSize = "batch_size"
            case relativeTolerance = "relative_tolerance"
        }
    }

    static let names = [
        "mlp_digits_ce", "mlp_mse_mean", "mlp_mse_sum", "mlp_bce", "shared_linear_ce", "cnn_digits_ce",
        "resnet_digits_ce",
        "gpt_tied_ce",
    ]
    /// How many expressions each case has: all of them are compared, none is left out.
    static let counts = [
        "mlp_digits_ce": 39, "mlp_mse_mean": 61, "mlp_mse_sum": 37, "mlp_bce": 37, "shared_linear_ce": 59,
        "cnn_digits_ce": 55, "resnet_digits_ce": 15, "gpt_tied_ce": 15,
    ]

    @Test(arguments: names, [(1, false), (7, false), (nil, false), (nil, true)] as [(Int?, Bool)])
    func referenceValues(name: String, run: (batch: Int?, isNaive: Bool)) throws {
        try check(name, batch: run.batch, isNaive: run.isNaive, precisions: Precision.allCases)
    }

    /// No value depends on any one rule.
    @Test(arguments: names, PlanOptions.ruleNames)
    func referenceValuesWithoutARule(name: String, rule: String) throws {
        try check(name, batch: nil, isNaive: false, disabled: [rule], precisions: [.float64])
    }

    private func check(
        _ name: String, batch: Int?, isNaive: Bool, disabled: Set<String> = [], precisions: [Precision]
    ) throws {
        let folder = Self.folder.appendingPathComponent(name)
        let reference = try JSONDecoder().decode(
            Case.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
        let wanted = try SafetensorsFile(contentsOf: folder.appendingPathComponent("expected.safetensors"))
        let problem = try Problem(
            model: folder.appendingPathComponent("model.onnx"), data: folder.appendingPathComponent("data.safetensors"),
            loss: Loss(parsing: reference.loss, reduction: Loss.Reduction(parsing: reference.reduction)),
            vectors: folder.appendingPathComponent("vectors.safetensors"), parameters: reference.parameters.map(\.name))
        let expressions = reference.expressions.sorted { $0.key < $1.key }
        for precision in precisions {
            let results = try evaluate(
                expressions.map { "\($0.key) = \($0.value)" }, problem, batchSize: batch ?? reference.batchSize,
                threads: 2, precision: precision, isNaive: isNaive, disabledRules: disabled
            ).results
            var compared = 0
            for (key, expression) in expressions {
                let want = try wanted.values(of: key, as: Double.self)
                let error = relativeError(results[key]!.values, want)
                #expect(error <= reference.relativeTolerance[precision.rawValue]!, "\(precision) \(expression)")
                compared += 1
            }
            #expect(compared == Self.counts[name])
        }
    }
}
