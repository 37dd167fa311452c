import Curvature
import Foundation
import Safetensors

/// Parameter values from a safetensors file, in place of a model's own.
struct Checkpoint {
    private let file: SafetensorsFile

    init(_ url: URL) throws { file = try SafetensorsFile(contentsOf: url) }

    /// A tensor's values in the file's precision (half precisions as Float); nil where the file has none that fits.
    func values(of name: String, shape: [Int]) throws -> ParameterValues? {
        guard let entry = file[name], entry.shape == shape, entry.dtype.isFloatingPoint else { return nil }
        return entry.dtype == .f64 ? .float64(try file.values(of: name)) : .float32(try file.values(of: name))
    }

    /// Checks that the file has the model's trainable parameters, in their shapes, and nothing that the model lacks.
    /// Statistics, tables and other tensors that no training changes may be missing, and so may counters be too many.
    ///
    /// - Throws: One error that names everything that does not fit.
    func check(_ parameters: [Parameter]) throws {
        var problems: [String] = []
        let names = Set(parameters.map(\.name))
        for parameter in parameters {
            let name = OneLine.quoted(parameter.name)
            guard let entry = file[parameter.name] else {
                if parameter.isTrainable { problems.append("\(name) is missing") }
                continue
            }
            if entry.shape != parameter.shape {
                problems.append("\(name) has shape \(entry.shape), expected \(parameter.shape)")
            } else if !entry.dtype.isFloatingPoint {
                problems.append("\(name) holds \(entry.dtype), expected floating-point values")
            }
        }
        for entry in file.entries where entry.dtype.isFloatingPoint && !names.contains(entry.name) {
            problems.append("the model has no parameter \(OneLine.quoted(entry.name))")
        }
        guard problems.isEmpty else {
            throw ONNXImportError(
                .data,
                "\(file.path): it does not hold this model's parameters: \(problems.joined(separator: "; "))")
        }
    }
}
