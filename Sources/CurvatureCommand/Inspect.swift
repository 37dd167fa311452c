import ArgumentParser
import Foundation
import ONNXImport

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show a model's inputs, outputs, parameters (and why each is or is not one), operators, and what is unsupported."
    )

    @Argument(help: ArgumentHelp("The network, as ONNX.", valueName: "M.onnx"))
    var model: String

    func run() throws { print(try ONNXInspection(URL(fileURLWithPath: model)).description) }
}
