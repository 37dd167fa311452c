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
    /// Functions of later versions.
    static func isAvailable(_ expression: String) -> Bool {
        !["method=", "eigenvalues"].contains {
            expression.contains($0)
        }
    }

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
        let expressions = reference.expressions.filter { Self.isAvailable($0.value) }.sorted { $0.key < $1.key }
        #expect(expressions.count >= 11)
        for precision in precisions {
            let results = try evaluate(
                expressions.map { "\($0.key) = \($0.value)" }, problem, batchSize: batch ?? reference.batchSize,
                threads: 2, precision: precision, isNaive: isNaive, disabledRules: disabled
            ).results
            for (key, expression) in expressions {
                let want = try wanted.values(of: key, as: Double.self)
                let error = relativeError(results[key]!.values, want)
                if name == "gpt_tied_ce", Self.needsLayerNormHessian(key) {
                    // The reference is no Hessian here: see `theReferenceOfTheTiedTransformerIsNotSymmetric`.
                    #expect(error < 0.1, "\(key)")
                } else {
                    #expect(error <= reference.relativeTolerance[precision.rawValue]!, "\(precision) \(expression)")
                }
            }
        }
    }

    static func needsLayerNormHessian(_ key: String) -> Bool {
        ["hessian_v", "hessian_V", "sum_v", "product_v"].contains(key)
    }

    /// The reference case's `hessian @ V` violates V^T H V = (V^T H V)^T by several percent, in the rows of the layer normalizations'
    /// weights; ours is symmetric, and equal to finite differences of the gradient (which agrees with the reference).
    @Test func theReferenceOfTheTiedTransformerIsNotSymmetric() throws {
        let folder = Self.folder.appendingPathComponent("gpt_tied_ce")
        let reference = try JSONDecoder().decode(
            Case.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
        let problem = try Problem(
            model: folder.appendingPathComponent("model.onnx"), data: folder.appendingPathComponent("data.safetensors"),
            loss: Loss(.crossEntropy()), vectors: folder.appendingPathComponent("vectors.safetensors"),
            parameters: reference.parameters.map(\.name))
        let results = try evaluate(["HV = hessian @ V", "V", "v", "Hv = hessian @ v"], problem).results
        let wanted = try SafetensorsFile(contentsOf: folder.appendingPathComponent("expected.safetensors"))
        let block = results["V"]!.values
        func asymmetry(_ product: [Double]) -> Double {
            var worst = 0.0
            for i in 0..<3 {
                for j in 0..<3 {
                    let (a, b) = (dot(block, i, product, j), dot(block, j, product, i))
                    worst = max(worst, abs(a - b) / (abs(a) + abs(b)))
                }
            }
            return worst
        }
        func dot(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Double {
            stride(from: 0, to: a.count, by: 3).reduce(0) { $0 + a[$1 + i] * b[$1 + j] }
        }
        #expect(asymmetry(results["HV"]!.values) < 1e-10)
        #expect(asymmetry(try wanted.values(of: "hessian_V", as: Double.self)) > 0.1)

        let (values, v) = (problem.parameters.map(\.count), results["v"]!.values)
        func gradient(_ step: Double) throws -> [Double] {
            // `v` follows the selection; the model's own order may be another.
            var pieces: [Int: [Double]] = [:]
            var start = 0
            for (index, count) in zip(problem.selection, values) {
                pieces[index] = Array(v[start..<start + count])
                start += count
            }
            var all = problem.model.allValues
            var offset = 0
            for (index, parameter) in problem.model.parameters.enumerated() {
                if let piece = pieces[index] {
                    for (k, value) in piece.enumerated() { all[offset + k] += step * value }
                }
                offset += parameter.count
            }
            let moved = try Problem(
                name: "moved", model: problem.model.with(all), loss: problem.loss, data: problem.data,
                vectors: problem.vectors,
                parameters: reference.parameters.map(\.name))
            return try evaluate(["gradient"], moved).results["gradient"]!.values
        }
        let step = 1e-5
        let difference = zip(try gradient(step), try gradient(-step)).map { ($0 - $1) / (2 * step) }
        let product = results["Hv"]!.values
        var start = 0
        for parameter in problem.parameters {
            let range = start..<start + parameter.count
            #expect(relativeError(Array(product[range]), Array(difference[range])) < 1e-6, "\(parameter.name)")
            start += parameter.count
        }
    }
}
