import Curvature
import Foundation
import Kernels
import Safetensors

/// Parameter values from a safetensors file, in place of a model's own.
struct Checkpoint {
    private let file: SafetensorsFile

    init(_ url: URL) throws { file = try SafetensorsFile(contentsOf: url) }

    /// A tensor's values in the file's precision (half precisions as Float); nil where the file has none that fits.
    ///
    /// - Parameter pieces: What it is made of where the file has no tensor of its name.
    func values(of name: String, shape: [Int], pieces: [CheckpointPiece] = []) throws -> ParameterValues? {
        if file[name] == nil, !pieces.isEmpty {
            let entries = pieces.tensors.map { (file[$0.name], $0.shape) }
            guard entries.allSatisfy({ $0?.shape == $1 && $0?.dtype.isFloatingPoint == true }) else { return nil }
            return entries.contains { $0.0?.dtype == .f64 }
                ? .float64(try joined(pieces)) : .float32(try joined(pieces))
        }
        guard let entry = file[name], entry.shape == shape, entry.dtype.isFloatingPoint else { return nil }
        return entry.dtype == .f64 ? deferred(entry, Double.self, .float64) : deferred(entry, Float.self, .float32)
    }

    /// The values of a tensor of numbers with fractions, read once something needs them.
    private func deferred<Element: SafetensorsElement>(
        _ entry: SafetensorsEntry, _ type: Element.Type, _ storage: Storage
    ) -> ParameterValues {
        let (file, name) = (file, entry.name)
        return ParameterValues(deferred: storage, count: entry.count) { elements, destination in
            var span = destination.bindMemory(to: Element.self).mutableSpan
            do throws(SafetensorsError) {
                try file.read(name, from: elements.lowerBound, into: &span)
            } catch {
                preconditionFailure("the file's header was checked: \(error)")
            }
        }
    }

    private func joined<Element: SafetensorsElement>(_ pieces: [CheckpointPiece]) throws -> [Element] {
        var tensors: [String: [Element]] = [:]
        for (name, _) in pieces.tensors { tensors[name] = try file.values(of: name) }
        return pieces.flatMap { tensors[$0.tensor]![$0.elements] }
    }

    /// Checks that the file has the model's trainable parameters, in their shapes, and nothing that the model lacks.
    /// Statistics, tables and other tensors that no training changes may be missing, and so may counters be too many.
    ///
    /// - Throws: One error that names everything that does not fit.
    func check(_ parameters: [Parameter]) throws {
        var problems: [String] = []
        var names: Set<String> = []
        for parameter in parameters {
            names.insert(parameter.name)
            let isWhole = file[parameter.name] != nil || parameter.pieces.isEmpty
            if !isWhole { names.formUnion(parameter.pieces.map(\.tensor)) }
            for (name, shape) in isWhole ? [(parameter.name, parameter.shape)] : parameter.pieces.tensors {
                let quoted = OneLine.quoted(name)
                guard let entry = file[name] else {
                    if parameter.isTrainable { problems.append("\(quoted) is missing") }
                    continue
                }
                if entry.shape != shape {
                    problems.append("\(quoted) has shape \(entry.shape), expected \(shape)")
                } else if !entry.dtype.isFloatingPoint {
                    problems.append("\(quoted) holds \(entry.dtype), expected floating-point values")
                }
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
