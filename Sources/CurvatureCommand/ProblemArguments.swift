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

    @Option(
        help: ArgumentHelp(
            "Other values for the model's parameters, under their names in the model.",
            valueName: "CHECKPOINT.safetensors"))
    var weights: String?

    @Option(help: ArgumentHelp("The output that is the prediction; the first without it.", valueName: "name"))
    var prediction: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Tensors 'inputs' (N, ...) or named as the model's inputs, and 'targets': safetensors, NumPy's .npz, or .npy, named as its tensor. Several, in order, are one data set.",
            valueName: "D.safetensors"))
    var data: [String]

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

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A vector of all parameters: a file with one tensor for each, as a checkpoint has them (may be repeated).",
            valueName: "NAME=FILE"))
    var vector: [String] = []

    @Option(help: "Examples in a batch; chosen from shapes and --memory without it. Results do not depend on it.")
    var batchSize: String?

    @Option(help: "float32 or float64.")
    var precision: String = "float32"

    @Option(help: "Threads; one for each processor without it. Results do not depend on it.")
    var threads: String?

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
    ///
    /// - Parameter isLoaded: Whether the model's values are needed.
    func problem(isLoaded: Bool = true) throws -> Problem {
        let reduction = try Loss.Reduction(parsing: reduction)
        let named = try parameterVectors()
        let problem = try Problem(
            model: .onnx(
                URL(fileURLWithPath: model), weights: weights.map { URL(fileURLWithPath: $0) }, prediction: prediction,
                isLoaded: isLoaded),
            loss: Loss(parsing: loss, reduction: reduction), data: .files(data.map { URL(fileURLWithPath: $0) }),
            vectors: vectors.map { try .files([URL(fileURLWithPath: $0)]) } ?? .empty(origin: "--vectors (not given)"),
            parameters: parameters.map { $0.split(separator: ",").map(String.init) } ?? [])
        return try problem.naming(named)
    }

    private func parameterVectors() throws -> [String: TensorSource] {
        var sources: [String: TensorSource] = [:]
        for text in vector {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--vector: expected NAME=FILE, found '\(text)'")
            }
            guard try sources.updateValue(.files([URL(fileURLWithPath: parts[1])]), forKey: parts[0]) == nil else {
                throw ValidationError("--vector: two vectors are named '\(parts[0])'")
            }
        }
        return sources
    }

    func options() throws -> PlanOptions {
        var options = PlanOptions()
        guard let precision = Precision(rawValue: precision) else {
            throw ValidationError("--precision: expected float32 or float64, found '\(precision)'")
        }
        options.precision = precision
        options.batchSize = try batchSize.map { try WholeNumber.parse($0, option: "--batch-size") }
        options.threads = try threads.map { try WholeNumber.parse($0, option: "--threads") }
        options.memory = try ByteCount.parse(memory)
        options.isNaive = naive
        // Nothing changes them.
        options.sharesParameters = true
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
