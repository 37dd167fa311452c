import Curvature
import Foundation

extension Problem {
    /// A network from an ONNX file with data from a safetensors file.
    ///
    /// - Parameters:
    ///   - data: Holds `inputs` (N, ...), or a tensor for each of the model's inputs under its name, and `targets`: integers for
    ///     class indices, otherwise values shaped as the predictions.
    ///   - vectors: Tensors that requests and loss options name.
    ///   - parameters: Names or globs in order, `-NAME` to leave one out; empty for every trainable parameter.
    /// - Throws: ``ONNXImportError``, ``ProblemError`` or an error of the files: one line that names the place and the remedy. Shapes are
    ///   checked here; of the data nothing but names, shapes and types is read.
    public init(
        model: URL, data: URL, loss: Loss, vectors: URL? = nil, parameters: [String] = []
    ) throws {
        let source = try SafetensorsSource(data)
        let named = try vectors.map { try TensorSource.safetensors($0) }
        try self.init(
            name: model.lastPathComponent, model: ModelSource.onnx(model).load(source.tensors.mapValues(\.shape)),
            loss: loss, data: source,
            vectors: named?.source ?? ArraySource([:], origin: "--vectors (not given)"), parameters: parameters)
    }
}

extension ModelSource {
    /// The network in an ONNX file, for the shapes that the data have; see `Model.onnx`.
    public static func onnx(_ url: URL, weights: URL? = nil, prediction: String? = nil) -> ModelSource {
        onnx(url, weights: weights, prediction: prediction, isLoaded: true)
    }

    /// - Parameter isLoaded: Whether the values are in memory, or in the files until something needs them.
    package static func onnx(_ url: URL, weights: URL?, prediction: String?, isLoaded: Bool) -> ModelSource {
        ModelSource(name: url.lastPathComponent) { tensors in
            let file = try ONNXFile(url).predicting(prediction)
            // The one input of a model may be called `inputs` in the data.
            let names = file.dataInputs.map(\.name)
            var shapes = tensors.filter { names.contains($0.key) }
            if names.count == 1, let inputs = tensors["inputs"] { shapes[names[0]] = inputs }
            let examples = (tensors["targets"] ?? shapes.values.first)?.first
            let model = try file.model(inputShapes: shapes, examples: examples, weights: weights)
            return isLoaded ? model.loaded() : model
        }
    }
}
