import Foundation
import Safetensors
import Testing

@testable import CurvatureCommand

/// A folder with a small network and the files that people mistake for others, each written where a command line names it.
///
/// The network is y = x fc.weight + fc.bias: three inputs, two outputs, eight parameters.
final class MistakeFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("mistakes-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    /// What a command line that is right has behind its requests.
    static let problem = [
        "--model", "m.onnx", "--data", "d.safetensors", "--loss", "cross-entropy", "--vectors", "v.safetensors",
    ]

    /// Runs the command in this folder.
    ///
    /// - Returns: Its line of error, with paths as they were typed, and its exit status; nil where it succeeds.
    func failure(_ arguments: [String]) throws -> Failure? {
        let placed = try arguments.map(placed)
        do {
            try Main.run(placed)
            return nil
        } catch {
            return Failure(error)
        }
    }

    func text(_ line: String) -> String { line.replacingOccurrences(of: url.path + "/", with: "") }

    /// A path in this folder for an argument that is a file's name, alone or behind "NAME=". The file is there then, if there is
    /// such a file.
    private func placed(_ argument: String) throws -> String {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.last.map(String.init), let type = name.split(separator: ".").last,
            Self.extensions.contains(String(type)), !name.contains(" ")
        else { return argument }
        let file = url.appendingPathComponent(name)
        try Self.writers[name]?(file)
        return (parts.dropLast().map { $0 + "=" } + [file.path]).joined()
    }

    private static let extensions: Set = ["onnx", "safetensors", "npy", "npz", "pt", "zip"]
    typealias Writer = @Sendable (URL) throws -> Void
    private static let writers: [String: Writer] = SmallFiles.data.merging(SmallFiles.models) { first, _ in first }
}

/// A mistake, and the whole line that it is answered with.
struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let line: String
    /// 2 for bad input, 1 for work that could not be completed.
    let status: Int32

    /// - Parameter arguments: The whole command line.
    init(_ arguments: [String], _ line: String, status: Int32 = 2) {
        (self.arguments, self.line, self.status) = (arguments, line, status)
    }

    /// A request, or an option, of a problem that is right otherwise: what comes last on a command line counts.
    static func eval(_ arguments: String..., says line: String, status: Int32 = 2) -> Mistake {
        let own = Set(arguments)
        var rest = MistakeFolder.problem
        // An option that may be repeated would add to the right one.
        for option in ["--data", "--model", "--loss", "--vectors"] where own.contains(option) {
            let index = rest.firstIndex(of: option)!
            rest.removeSubrange(index...index + 1)
        }
        let asks = arguments.first.map { !$0.hasPrefix("--") } ?? false
        return Mistake(["eval"] + (asks ? [] : ["loss"]) + arguments + rest, line, status: status)
    }
    var testDescription: String { arguments.joined(separator: " ") }

    func check() throws {
        let folder = try MistakeFolder()
        let failure = try #require(try folder.failure(arguments), "it did not fail")
        #expect(folder.text(failure.line) == "error: " + line)
        #expect(failure.status == status)
        // Nothing is left behind by a run that failed.
        let results = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter {
            $0.hasPrefix("result")
        }
        #expect(results == [])
    }
}
