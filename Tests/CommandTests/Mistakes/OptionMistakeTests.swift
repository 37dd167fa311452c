import Foundation
import Testing

@testable import CurvatureCommand

/// Command lines that are not complete, and outputs that cannot be written.
@Suite struct OptionMistakeTests {
    private static let problem = MistakeFolder.problem
    static let commands: [Mistake] = [
        Mistake(["evel", "loss"], "expected eval, explain, inspect or doctor, found 'evel'; see curvature --help"),
        Mistake(["eval"] + problem, "Missing expected argument '<request> ...'"),
        Mistake(["eval", "loss"] + problem.dropFirst(2), "Missing expected argument '--model <M.onnx>'"),
        Mistake(["inspect"], "Missing expected argument '<M.onnx>'"),
        .eval("--batchsize", "3", says: "Unknown option '--batchsize'. Did you mean '--batch-size'?"),
        .eval("--batch-size", "many", says: "--batch-size: expected a whole number from 1, found 'many'"),
        .eval("--threads", "1.5", says: "--threads: expected a whole number from 1, found '1.5'"),
        .eval("--repeat", "x", says: "--repeat: expected a whole number from 1, found 'x'"),
        .eval("--memory", "0", says: "--memory: expected a size such as 4GiB, 500MiB or 2e9, found '0'"),
        .eval("--vector", "w.safetensors", says: "--vector: expected NAME=FILE, found 'w.safetensors'"),
        .eval(
            "hessian @ a", "--vector", "a=w.safetensors", "--vector", "a=w.safetensors",
            says: "--vector: two vectors are named 'a'"),
        .eval(
            "--split-results",
            says: "--split-results: it is about the results' file; give --output too"),
    ]
    @Test(arguments: commands) func argumentsThatDoNotParse(mistake: Mistake) throws { try mistake.check() }

    static let outputs: [Mistake] = [
        .eval(
            "--save-factors", "none/f.safetensors", says: "--save-factors: there is no folder 'none'"),
        .eval(
            "--save-factors", "f.safetensors",
            says: "no request has Kronecker factors to save; expected kfac, ekfac or kfoc"),
    ]
    @Test(arguments: outputs) func outputsThatCannotBe(mistake: Mistake) throws { try mistake.check() }

    @Test func aFolderAsTheOutput() throws {
        let folder = try MistakeFolder()
        let failure = try #require(
            try folder.failure(["eval", "loss"] + Self.problem + ["--output", folder.url.path]))
        #expect(failure.line == "error: --output: '\(folder.url.path)' is a folder; name a file")
        #expect(failure.status == 2)
    }

    /// Who may write anywhere is told so only by the system, and after the work.
    @Test(.enabled(if: getuid() != 0)) func aFolderThatIsReadOnly() throws {
        let folder = try MistakeFolder()
        let closed = folder.url.appendingPathComponent("closed")
        try FileManager.default.createDirectory(at: closed, withIntermediateDirectories: true)
        #expect(chmod(closed.path, 0o500) == 0)
        defer { chmod(closed.path, 0o700) }
        let failure = try #require(
            try folder.failure(["eval", "loss"] + Self.problem + ["--output", "closed/r.safetensors"]))
        #expect(folder.text(failure.line) == "error: --output: the folder 'closed' cannot be written to")
        #expect(failure.status == 2)
    }

    #if os(Linux)
        @Test func aFolderOfTheSystem() throws {
            let folder = try MistakeFolder()
            let failure = try #require(
                try folder.failure(["eval", "loss"] + Self.problem + ["--output", "/proc/r.safetensors"]))
            #expect(failure.line.hasPrefix("error: ") && failure.line.contains("/proc"), "\(failure.line)")
            #expect(failure.status == 2)
        }
    #endif
}
