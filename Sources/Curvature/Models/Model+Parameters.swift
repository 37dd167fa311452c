import Foundation
import Kernels
import Safetensors

/// Parameters by name: set, saved and loaded. Models are values; each of these leaves `self` as it is.
extension Model {
    /// The same network with other values for the named tensors, statistics that are not trained among them.
    ///
    /// - Throws: ``ModelError`` if the model has no tensor of a name, or if the count of values is another.
    public func withParameters(_ values: [String: ParameterValues]) throws -> Model {
        for name in values.keys.sorted() where !parameters.contains(where: { $0.name == name }) {
            throw ModelError(
                .name,
                "the model has no parameter \(OneLine.quotedName(name))"
                    + NearestName.suggestion(for: name, in: parameters.map(\.name)))
        }
        let replaced = try parameters.map { parameter in
            guard let values = values[parameter.name] else { return parameter }
            guard values.count == parameter.count else {
                throw ModelError(
                    .values,
                    "parameter \(OneLine.quotedName(parameter.name)) of shape \(parameter.shape) takes \(parameter.count) values, found \(values.count)"
                )
            }
            return Parameter(
                name: parameter.name, shape: parameter.shape, isTrainable: parameter.isTrainable,
                reason: parameter.reason, node: parameter.node, values: values, pieces: parameter.pieces)
        }
        return Model(
            graph: graph, prediction: prediction, inputs: inputs, parameters: replaced, onlyBatch: onlyBatch,
            onlyBatchReason: onlyBatchReason, notes: notes, order: order)
    }

    /// The same network with the values of a safetensors file, which has a tensor of the same name and shape for each of the
    /// model's. F64 stays; every other type is read as float32.
    ///
    /// - Parameters:
    ///   - url: of the file.
    ///   - ignoringOthers: whether the file may hold tensors that the model does not have.
    /// - Throws: ``ModelError``, which names the first tensor that is missing, has another shape or is not the model's;
    ///   `SafetensorsError` for a file that cannot be read.
    public func readingParameters(from url: URL, ignoringOthers: Bool = false) throws -> Model {
        let file = try SafetensorsFile(contentsOf: url)
        let names = file.entries.map(\.name)
        var values: [String: ParameterValues] = [:]
        for parameter in parameters {
            guard let entry = file[parameter.name] else {
                throw ModelError(
                    .values, place: file.path,
                    "expected a tensor \(OneLine.quotedName(parameter.name)) of shape \(parameter.shape), found none"
                        + NearestName.suggestion(for: parameter.name, in: names))
            }
            guard entry.shape == parameter.shape else {
                throw ModelError(
                    .values, place: file.path,
                    "tensor \(OneLine.quotedName(parameter.name)) has shape \(entry.shape), but the model's parameter has \(parameter.shape)"
                )
            }
            guard entry.dtype.isFloatingPoint else {
                throw ModelError(
                    .values, place: file.path,
                    "expected real numbers in tensor \(OneLine.quotedName(parameter.name)), found \(entry.dtype); save it as F32"
                )
            }
            values[parameter.name] =
                entry.dtype == .f64
                ? .float64(try file.values(of: parameter.name)) : .float32(try file.values(of: parameter.name))
        }
        if !ignoringOthers, let other = names.first(where: { values[$0] == nil }) {
            throw ModelError(
                .values, place: file.path,
                "the model has no parameter \(OneLine.quotedName(other)); read with ignoringOthers: true to leave such tensors out"
            )
        }
        return try withParameters(values)
    }

    /// Writes every parameter and statistic under its name. The file appears whole or not at all.
    public func writeParameters(to url: URL) throws {
        let tensors = parameters.map { parameter in
            parameter.values.withElements { elements in
                switch elements {
                case .float32(let values):
                    SafetensorsTensor(name: parameter.name, shape: parameter.shape, values: Array(values))
                case .float64(let values):
                    SafetensorsTensor(name: parameter.name, shape: parameter.shape, values: Array(values))
                }
            }
        }
        try SafetensorsWriter.write(tensors, to: url)
    }
}
