import ArgumentParser
import Curvature
import Foundation
import ONNXImport

/// The options that `eval` and `explain` share: the problem, and how its plan is made.
struct ProblemArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "What to compute: [NAME =] EXPRESSION, one for each argument.",
            discussion:
                "Leaves: loss, gradient, prediction, hessian, ggn, fisher, empirical_fisher, jacobian, kfac, ekfac, kfoc, identity; tensors of --vectors by name. Functions: inverse, transpose, diag, dense, norm, dot.",
            valueName: "request"))
    var requests: [String]

    @Option(help: ArgumentHelp("The network, as ONNX.", valueName: "M.onnx"))
    var model: String

    @Option(help: ArgumentHelp("Tensors 'inputs' (N, ...) and 'targets'.", valueName: "D.safetensors"))
    var data: String

    @Option(
        help: ArgumentHelp(
            "cross-entropy, mse or bce, with options as a call has them: 'cross-entropy(label_smoothing=0.1)'.",
            valueName: "loss"))
    var loss: String

    @Option(help: "mean divides by what counts over all data, sum by nothing.")
    var reduction = "mean"

    @Option(
        help: ArgumentHelp(
            "Parameters in order, by name or glob; -NAME leaves one out. Without it, every trainable one.",
            valueName: "name,..."))
    var parameters: String?

    @Option(help: ArgumentHelp("Tensors that requests and loss options name.", valueName: "V.safetensors"))
    var vectors: String?

    @Option(help: "Examples in a batch; chosen from shapes and --memory without it. Results do not depend on it.")
    var batchSize: Int?

    @Option(help: "float32 or float64.")
    var precision: String = "float32"

    @Option(help: "Threads; one for each processor without it. Results do not depend on it.")
    var threads: Int?

    @Option(help: "What the computation may take of memory: 4GiB, 500MiB, 2e9.")
    var memory = "4GiB"

    @Option(
        help: ArgumentHelp(
            "Take Kronecker factors from a file that --save-factors wrote, instead of the data.",
            valueName: "F.safetensors"))
    var loadFactors: String?

    @Flag(help: "Share nothing: one pass or more for each application of an operator.")
    var naive = false

    @Option(help: ArgumentHelp("Compile without this rewrite rule (may be repeated).", valueName: "rule"))
    var disableRule: [String] = []

    /// Reads model, data and vectors.
    func problem() throws -> Problem {
        let reduction = try Loss.Reduction(parsing: reduction)
        return try Problem(
            model: URL(fileURLWithPath: model), data: URL(fileURLWithPath: data),
            loss: Loss(parsing: loss, reduction: reduction), vectors: vectors.map { URL(fileURLWithPath: $0) },
            parameters: parameters.map { $0.split(separator: ",").map(String.init) } ?? [])
    }

    func options() throws -> PlanOptions {
        var options = PlanOptions()
        guard let precision = Precision(rawValue: precision) else {
            throw ValidationError("--precision: expected float32 or float64, found '\(precision)'")
        }
        options.precision = precision
        options.batchSize = batchSize
        if let threads, threads < 1 {
            throw ValidationError("--threads: expected a whole number from 1, found \(threads)")
        }
        options.threads = threads
        options.memory = try ByteCount.parse(memory)
        options.isNaive = naive
        options.factors = try loadFactors.map { try FactorFile(contentsOf: URL(fileURLWithPath: $0)) }
        options.disabledRules = Set(disableRule)
        if let unknown = disableRule.first(where: { !PlanOptions.ruleNames.contains($0) }) {
            throw ValidationError(
                "--disable-rule: there is no rule '\(unknown)'; expected one of \(PlanOptions.ruleNames.joined(separator: ", "))"
            )
        }
        return options
    }
}
