import Foundation
import ONNXImport
import Safetensors
import Testing

@testable import Curvature

/// The reference cases' products with Kronecker-factored curvature, from the factors by plain arithmetic.
@Suite struct GoldenFactorTests {
    static let names = [
        "mlp_digits_ce", "mlp_mse_mean", "mlp_mse_sum", "mlp_bce", "shared_linear_ce", "cnn_digits_ce",
    ]

    /// The operator in an expression: its name and its options.
    private func operatorOptions(_ expression: String) -> (name: String, options: KroneckerOptions)? {
        guard let match = expression.firstMatch(of: /(kfac|ekfac|kfoc)\((.*?)\)/), !expression.contains("inverse")
        else {
            return nil
        }
        var options = KroneckerOptions()
        for argument in match.2.split(separator: ",") {
            let parts = argument.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
            switch parts[0] {
            case "fisher": options.fisher = KroneckerOptions.Fisher(rawValue: parts[1])!
            case "weight_sharing": options.weightSharing = KroneckerOptions.WeightSharing(rawValue: parts[1])!
            case "separate_weight_and_bias": options.separatesWeightAndBias = parts[1] == "true"
            default: Issue.record("unknown option \(parts[0])")
            }
        }
        return (String(expression.contains("ekfac(") ? "ekfac" : match.1), options)
    }

    @Test(arguments: names, [5, 1000])
    func referenceValues(name: String, batch: Int) throws {
        let folder = GoldenTests.folder.appendingPathComponent(name)
        let reference = try JSONDecoder().decode(
            GoldenTests.Case.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
        let wanted = try SafetensorsFile(contentsOf: folder.appendingPathComponent("expected.safetensors"))
        let vectors = try SafetensorsFile(contentsOf: folder.appendingPathComponent("vectors.safetensors"))
        let problem = try Problem(
            model: folder.appendingPathComponent("model.onnx"), data: folder.appendingPathComponent("data.safetensors"),
            loss: Loss(parsing: reference.loss, reduction: Loss.Reduction(parsing: reference.reduction)),
            vectors: folder.appendingPathComponent("vectors.safetensors"), parameters: reference.parameters.map(\.name))
        let block = try vectors.values(of: "V", as: Double.self)
        let columns = block.count / problem.shape.parameters
        var operators: [KroneckerOptions: [String: DenseBlocks]] = [:]
        var checked = 0
        for (key, expression) in reference.expressions {
            guard let (kind, options) = operatorOptions(expression) else { continue }
            #if DEBUG
                // Decompositions of 256 x 256 on plain arrays.
                if kind == "kfoc", name == "mlp_digits_ce" { continue }
            #endif
            let blocks: DenseBlocks
            if let known = operators[options]?[kind] {
                blocks = known
            } else {
                blocks =
                    switch kind {
                    case "kfac": try .kfac(problem, options, batch: batch)
                    case "ekfac": try .ekfac(problem, options, batch: batch)
                    default: try .kfoc(problem, options, batch: batch)
                    }
                operators[options, default: [:]][kind] = blocks
            }
            let got: [Double]
            if expression.hasPrefix("trace") {
                got = [blocks.trace]
            } else if expression.hasPrefix("frobenius_norm") {
                got = [blocks.frobeniusNorm]
            } else {
                #expect(expression.hasSuffix("@ V"))
                got = blocks.apply(block, columns: columns)
            }
            let error = relativeError(got, try wanted.values(of: key, as: Double.self))
            #expect(error <= reference.relativeTolerance["float64"]!, "\(expression)")
            checked += 1
        }
        #expect(checked >= 12)
    }
}
