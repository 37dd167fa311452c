import ArgumentParser
import Curvature
import Foundation

/// `curvature`: parses arguments, calls the library, prints. It does nothing that the library cannot.
struct CurvatureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curvature",
        abstract: "Curvature of trained networks: Hessian, Gauss-Newton, Fisher, and what is made of them.",
        discussion: """
            All requests of one call are compiled into one plan, so that every forward and backward sweep that two of them
            need is done once.

              curvature eval loss 'norm(gradient)' 'Hv = hessian @ v' --model cnn.onnx --data digits.safetensors \\
                  --vectors v.safetensors --loss cross-entropy --output results.safetensors
              curvature eval '(2 * hessian - 0.5 * ggn + 0.1 * identity) @ v' ... --explain
              curvature explain loss gradient 'ggn @ v' ...     the plan and its cost; touches no data
              curvature inspect cnn.onnx                        inputs, parameters, operators
              curvature doctor                                  processor, BLAS, memory, and what is wrong with them
            """,
        version: Version.current,
        subcommands: [Eval.self, Explain.self, Inspect.self, Doctor.self])
}

@main
enum Main {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch let error {
            let isHelp = CurvatureCommand.exitCode(for: error) == .success
            if isHelp { CurvatureCommand.exit(withError: error) }
            let failure = Failure(error)
            FileHandle.standardError.write(Data((failure.line + "\n").utf8))
            Foundation.exit(failure.status)
        }
    }

    /// All that the command does, but for its exit.
    static func run(_ arguments: [String]) throws {
        if let name = arguments.first, !name.hasPrefix("-"),
            !["eval", "explain", "inspect", "doctor", "help"].contains(name)
        {
            throw ValidationError("expected eval, explain, inspect or doctor, found '\(name)'; see curvature --help")
        }
        if arguments == ["--version"] {
            // More than a number: what a report of a problem needs.
            print("curvature \(Version.current)\n\(Machine.current)")
            return
        }
        // `--explain` alone means text; with a value it is an option.
        var command = try CurvatureCommand.parseAsRoot(arguments.map { $0 == "--explain" ? "--explain=text" : $0 })
        try command.run()
    }
}

/// What an error says on standard error, and the exit status.
struct Failure: Equatable {
    let line: String
    let status: Int32

    init(_ error: any Error) {
        let text = CurvatureCommand.message(for: error)
        let message = text.isEmpty ? "\(error)" : text
        line = "error: " + message.split(whereSeparator: \.isNewline).joined(separator: " ")
        status = error is Unfinished || error is VerificationError ? 1 : 2
    }
}

/// Work that could not be completed, though nothing was wrong with the input.
struct Unfinished: Error, CustomStringConvertible {
    var description: String
}
