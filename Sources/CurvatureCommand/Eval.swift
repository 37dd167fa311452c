import ArgumentParser
import Curvature
import Foundation

struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compute requests and print or write their values.",
        discussion: """
            Examples:
              curvature eval loss 'norm(gradient)' --model m.onnx --data d.safetensors --loss cross-entropy
              curvature eval 'Hv = hessian @ v' 'Gv = ggn @ v' 'mix = Hv + 0.1 * Gv' --vectors v.safetensors \\
                  --model m.onnx --data d.safetensors --loss mse --reduction sum --output results.safetensors
              curvature eval 'ggn @ v' ... --explain             the plan, with predicted beside measured cost
              curvature eval 'ggn @ v' ... --repeat 20 --explain=json
              curvature eval 'd = spectral_density(hessian)' 'top = eigenvalues(hessian)' ... --plot spectrum.svg
            """)

    @OptionGroup var arguments: ProblemArguments

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the values, named as their requests.", valueName: "R.safetensors"))
    var output: String?

    @Flag(
        help: "With --output: a vector of all parameters is one tensor for each, named request/parameter.")
    var splitResults = false

    @Option(
        help: ArgumentHelp(
            "Draw the requests that are spectra: spectral_density as curves, eigenvalues and singular_values as marks.",
            valueName: "S.svg"))
    var plot: String?

    @Option(
        help: ArgumentHelp(
            "With --plot: how densities are drawn, automatic (or nothing), linear or logarithmic.", valueName: "axis"))
    var densityAxis: String?

    @Option(
        help: ArgumentHelp(
            "Write the Kronecker factors of kfac, ekfac and kfoc, with their decompositions, for --load-factors.",
            valueName: "F.safetensors"))
    var saveFactors: String?

    @Option(
        help: ArgumentHelp(
            "Print the plan with predicted and measured cost: text (or nothing), json, dot.", valueName: "format"))
    var explain: String?

    @Flag(help: "With --explain: the requests as asked and after each rewrite rule.")
    var trace = false

    @Flag(help: "Show progress on standard error even where it is no terminal.")
    var progress = false

    @Option(
        name: .customLong("repeat"),
        help: "Run the compiled plan this many times, and report first, least and median seconds.")
    var repetitions = "1"

    @Flag(help: "Exit with status 1 where a system is not solved to its tolerance.")
    var strict = false

    func run() throws {
        let repetitions = try WholeNumber.parse(repetitions, option: "--repeat")
        let format = try explain.map { try ExplainFormat.named($0, option: "--explain") }
        guard format != nil || !trace else {
            throw ValidationError("--trace: it is part of a plan's explanation; give --explain too")
        }
        guard output != nil || !splitResults else {
            throw ValidationError("--split-results: it is about the results' file; give --output too")
        }
        guard plot != nil || densityAxis == nil else {
            throw ValidationError("--density-axis: it is about the plot of spectra; give --plot too")
        }
        let axis = try densityAxis.map(SpectrumPlot.DensityAxis.init(option:)) ?? .automatic
        let options = try arguments.options()
        var clock = Stopwatch()
        let problem = try arguments.problem()
        let load = clock.lap()
        let requests = try parseRequests(arguments.requests, in: problem)
        if plot != nil { try SpectrumPlot.check(requests) }
        let plan = try Plan(requests, problem: problem, options: options)
        let compile = clock.lap()
        for note in problem.notes(on: requests) { note.writeNote() }
        try OutputFile.check([("--output", output), ("--plot", plot), ("--save-factors", saveFactors)])
        if let warning = Machine.current.warning { "warning: \(warning)".writeLine() }
        let execution = try Execution(plan)
        let meter = ProgressMeter(isForced: progress)
        execution.progress = meter.update
        var measurements: [RunMeasurement] = []
        var results = try execution.run()
        measurements.append(execution.measurement)
        for _ in 1..<repetitions {
            results = try execution.run()
            measurements.append(execution.measurement)
        }
        meter.finish()
        for warning in execution.warnings { "warning: \(warning)".writeLine() }
        let runs = RunTimes(
            loadSeconds: load, compileSeconds: compile, measurements: measurements, peakBytes: Execution.peakBytes)
        if let saveFactors { try execution.saveFactors(to: URL(fileURLWithPath: saveFactors)) }
        if let output {
            let url = URL(fileURLWithPath: output)
            if splitResults { try results.write(to: url, splitting: problem) } else { try results.write(to: url) }
        }
        if let plot {
            try SpectrumPlot(results, of: requests, densityAxis: axis).write(to: URL(fileURLWithPath: plot))
        }
        if let format {
            var naive = options
            naive.isNaive = true
            naive.memory = .max
            let other = try options.isNaive ? plan : Plan(requests, problem: problem, options: naive)
            let document = try PlanDocument(plan, naive: other, runs: runs, showsTrace: trace)
            print(try format(document))
        }
        if output == nil, format == nil || format?.name == "text" {
            if format != nil { print("") }
            for entry in results.entries { print(ResultText.line(entry, precision: results.precision)) }
        }
        if strict, let warning = execution.warnings.first { throw Unfinished(description: "--strict: \(warning)") }
    }
}

extension SpectrumPlot.DensityAxis {
    fileprivate init(option text: String) throws {
        guard let axis = Self(rawValue: text) else {
            let names = Self.allCases.map(\.rawValue)
            throw ValidationError("--density-axis: expected \(names[0]), \(names[1]) or \(names[2]), found '\(text)'")
        }
        self = axis
    }
}

/// Seconds from one call to the next.
struct Stopwatch {
    private var last = ContinuousClock.now
    mutating func lap() -> Double {
        let now = ContinuousClock.now
        defer { last = now }
        let (seconds, attoseconds) = (now - last).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension String {
    /// A line on standard error for what is good to know and no error.
    func writeNote() { "note: \(self)".writeLine() }
    /// A line on standard error.
    func writeLine() { FileHandle.standardError.write(Data("\(self)\n".utf8)) }
}
