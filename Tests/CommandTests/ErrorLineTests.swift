import Foundation
import Testing

@testable import CurvatureCommand

/// What the command says of bad arguments: one line, exit status 2, and no file left behind.
@Suite struct ErrorLineTests {
    static let problem: [String] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/golden/mlp_mse_mean").path
        return [
            "--model", folder + "/model.onnx", "--data", folder + "/data.safetensors", "--vectors",
            folder + "/vectors.safetensors", "--loss", "mse",
        ]
    }()

    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var line: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let either: [Case] = [
        Case(
            arguments: ["loss", "--disable-rule", "merge"],
            line:
                "error: --disable-rule: there is no rule 'merge'; expected one of cancel-inverses, invert-diagonal, invert-factors, merge-solves, choose-solver, combine-vectors, merge-cotangents, weigh-gradients, chain-jacobians, closed-forms, keep-primals"
        ),
        Case(
            arguments: ["loss", "--batch-size", "0"],
            line: "error: --batch-size: expected a whole number from 1, found 0"),
        Case(arguments: ["loss", "--threads", "0"], line: "error: --threads: expected a whole number from 1, found 0"),
        Case(
            arguments: ["loss", "--memory", "much"],
            line: "error: --memory: expected a size such as 4GiB, 500MiB or 2e9, found 'much'"),
        Case(
            arguments: ["loss", "--precision", "half"],
            line: "error: --precision: expected float32 or float64, found 'half'"),
        Case(
            arguments: ["A = 2 * hessian"],
            line: "error: request 'A' is an operator (84 x 84); apply it to a vector with @ to get values"),
    ]
    static let eval: [Case] = [
        Case(
            arguments: ["loss", "--explain=pdf"], line: "error: --explain: expected text, json or dot, found 'pdf'"),
        Case(arguments: ["loss", "--repeat", "0"], line: "error: --repeat: expected a whole number from 1, found 0"),
        Case(
            arguments: ["loss", "--trace"],
            line: "error: --trace: it is part of a plan's explanation; give --explain too"),
        Case(
            arguments: ["loss", "n = norm(gradient)", "--plot", "never.svg"],
            line:
                "error: a plot: expected a request that is a spectrum, found 'loss', 'n'; add spectral_density(hessian), or eigenvalues or singular_values of an operator"
        ),
        Case(
            arguments: ["eigenvalues(ggn)", "--plot", "/nowhere/at/all/s.svg"],
            line: "error: --plot: there is no folder '/nowhere/at/all'"),
        Case(
            arguments: ["eigenvalues(ggn)", "--plot", "/tmp"],
            line: "error: --plot: '/tmp' is a folder; name a file"),
        Case(
            arguments: ["eigenvalues(ggn)", "--plot", "never.svg", "--save-factors", "./never.svg"],
            line: "error: --save-factors: './never.svg' is what --plot names too; give another file"),
        Case(
            arguments: ["loss", "--density-axis", "linear"],
            line: "error: --density-axis: it is about the plot of spectra; give --plot too"),
        Case(
            arguments: ["eigenvalues(ggn)", "--plot", "never.svg", "--density-axis", "log"],
            line: "error: --density-axis: expected automatic, linear or logarithmic, found 'log'"),
    ]
    static let explain: [Case] = [
        Case(
            arguments: ["loss", "--format", "pdf"], line: "error: --format: expected text, json or dot, found 'pdf'")
    ]

    private func failure(_ arguments: [String]) throws -> Failure {
        do {
            try Main.run(arguments)
        } catch {
            return Failure(error)
        }
        Issue.record("\(arguments) did not fail")
        throw CancellationError()
    }

    @Test(arguments: either + eval)
    func evalRefuses(_ expected: Case) throws {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: output) }
        let failure = try failure(["eval"] + Self.problem + expected.arguments + ["--output", output.path])
        #expect(failure.line == expected.line)
        #expect(failure.status == 2)
        #expect(!FileManager.default.fileExists(atPath: output.path))
    }

    @Test(arguments: either + explain)
    func explainRefuses(_ expected: Case) throws {
        let failure = try failure(["explain"] + Self.problem + expected.arguments)
        #expect(failure.line == expected.line)
        #expect(failure.status == 2)
    }

    /// The message names a budget, and that budget does.
    @Test func memoryThatIsTooSmall() throws {
        let arguments = ["explain", "hessian @ v"] + Self.problem
        let failure = try failure(arguments + ["--memory", "1KiB"])
        #expect(failure.status == 2)
        let match = try #require(
            failure.line.firstMatch(
                of:
                    /error: --memory 1 KiB is too small: with a batch of [0-9]+ the plan needs ([0-9.]+) ([KM]iB); give at least that/
            ))
        #expect(match.range == failure.line.startIndex..<failure.line.endIndex)
        try Main.run(arguments + ["--memory", "\(match.1)\(match.2)"])
    }

    @Test func aFolderThatIsNotThere() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        let failure = try failure(["eval", "loss"] + Self.problem + ["--output", folder + "/r.safetensors"])
        #expect(failure.line == "error: --output: there is no folder '\(folder)'")
        #expect(failure.status == 2)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
