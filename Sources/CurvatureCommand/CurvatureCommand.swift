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
            """,
        version: "0.1.0",
        subcommands: [Eval.self, Explain.self, Inspect.self])
}

@main
enum Main {
    static func main() {
        // `--explain` alone means text; with a value it is an option.
        let arguments = CommandLine.arguments.dropFirst().map { $0 == "--explain" ? "--explain=text" : $0 }
        do {
            var command = try CurvatureCommand.parseAsRoot(Array(arguments))
            try command.run()
        } catch let error {
            let isHelp = CurvatureCommand.exitCode(for: error) == .success
            if isHelp { CurvatureCommand.exit(withError: error) }
            fail(message(of: error), status: error is Unfinished || error is VerificationError ? 1 : 2)
        }
    }

    private static func message(of error: any Error) -> String {
        let text = CurvatureCommand.message(for: error)
        return text.isEmpty ? "\(error)" : text
    }

    /// One line on standard error.
    private static func fail(_ message: String, status: Int32) -> Never {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        FileHandle.standardError.write(Data("error: \(line)\n".utf8))
        Foundation.exit(status)
    }
}

/// Work that could not be completed, though nothing was wrong with the input.
struct Unfinished: Error, CustomStringConvertible {
    var description: String
}
