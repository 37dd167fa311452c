import Curvature
import Foundation
import TensorIR

extension Model {
    /// The network in an ONNX file: what `torch.onnx.export` and other exporters write.
    ///
    /// Its first input axis is taken for the examples whether the exporter left its size open or fixed it, and the
    /// first output for the predictions. Where the examples of a batch depend on each other (a softmax over the
    /// batch, say), the model is read for all `examples` as one batch, and `onlyBatchReason` names the node.
    ///
    /// - Parameters:
    ///   - inputShapes: The data's shapes by the names of the inputs, examples first. They are needed where the model
    ///     leaves other sizes than the batch open, and checked where it does not.
    ///   - examples: The number of examples in the data set; needed where examples meet.
    ///   - weights: A safetensors file with other values for the parameters, under the names that they have in the model.
    ///   - prediction: The output that is the prediction; the first one without it.
    /// - Throws: `ONNXImportError`, with the file, the node, what was expected, what was found, and what can be done.
    ///   Operators that are not supported are named all at once.
    public static func onnx(
        _ url: URL, inputShapes: [String: [Int]] = [:], examples: Int? = nil, weights: URL? = nil,
        prediction: String? = nil
    ) throws -> Model {
        try ONNXFile(url).predicting(prediction).model(inputShapes: inputShapes, examples: examples, weights: weights)
            .loaded()
    }

    /// The same for a file in memory. `name` stands for it in messages.
    public static func onnx(
        _ data: Data, name: String, inputShapes: [String: [Int]] = [:], examples: Int? = nil
    ) throws -> Model {
        try ONNXFile(data, name: name).model(inputShapes: inputShapes, examples: examples).loaded()
    }

    /// The same with its values in memory: the file may change now.
    func loaded() -> Model {
        for parameter in parameters { parameter.values.load() }
        return self
    }
}

extension ONNXFile {
    func model(
        inputShapes: [String: [Int]], examples: Int?, standIn: Int? = nil, weights url: URL? = nil
    ) throws -> Model {
        let unsupported = unsupportedOperators()
        guard unsupported.isEmpty else { throw unsupportedError(unsupported) }
        for name in inputShapes.keys.sorted() where !dataInputs.contains(where: { $0.name == name }) {
            let names = dataInputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw ONNXImportError(.data, "\(self.name): the model has no input '\(name)'; its inputs are \(names)")
        }
        let dimensions = try OpenDimensions(self, shapes: inputShapes, standIn: standIn)
        let weights = try FileWeights(self, checkpoint: url.map { try Checkpoint($0) })
        let failure: ONNXImportError
        do {
            let importer = Importer(self, examples: .examples, dimensions: dimensions, weights: weights)
            let prediction = try importer.run()
            guard let meeting = importer.meetingPlace(prediction) else { return try importer.model(prediction) }
            failure = ONNXImportError(
                .examplesMeet,
                "\(name): \(meeting): it sums over the examples, so their predictions depend on each other")
        } catch let error as ONNXImportError where error.code == .examplesMeet || error.code == .invalid {
            failure = error
        }
        return try modelForOneBatch(
            failure, dimensions, weights,
            examples: examples ?? dataInputs.lazy.compactMap { inputShapes[$0.name]?.first }.first)
    }

    /// The model with the number of examples as a number like any other: the last resort where a symbol did not do.
    private func modelForOneBatch(
        _ failure: ONNXImportError, _ dimensions: OpenDimensions, _ weights: FileWeights, examples: Int?
    ) throws -> Model {
        guard let examples = examples ?? (failure.code == .examplesMeet ? nil : dimensions.fixedBatch) else {
            guard failure.code == .examplesMeet else { throw failure }
            throw ONNXImportError(
                .examplesMeet,
                failure.message + "; such a model runs as one batch, for which the number of examples is needed")
        }
        let importer = Importer(self, examples: Dimension(examples), dimensions: dimensions, weights: weights)
        do {
            return try importer.model(importer.run(), onlyBatch: examples, reason: failure.message)
        } catch let error as ONNXImportError where error.code == .examplesMeet || error.code == .invalid {
            guard failure.code == .examplesMeet else { throw failure }
            var message = failure.message + "; as one batch of all \(examples) examples it does not run either"
            if let batch = dimensions.fixedBatch, batch != examples {
                message +=
                    ": the batch was fixed at \(batch) when the model was exported; export it with a dynamic batch"
            } else {
                message += " (\(error.message))"
            }
            throw ONNXImportError(.examplesMeet, message)
        }
    }
}

extension Importer {
    /// The ONNX node where values of all examples come together on the way to the prediction, if they do.
    func meetingPlace(_ prediction: Node) -> String? {
        graph.exampleMeeting(before: prediction).map { place(of: $0) }
    }

    func model(_ prediction: Node, onlyBatch: Int? = nil, reason: String? = nil) throws -> Model {
        let (parameters, notes) = try TrainableParameters(self, prediction: prediction).parameters()
        try weights.checkpoint?.check(parameters)
        return Model(
            graph: graph, prediction: prediction, inputs: inputs, parameters: parameters, onlyBatch: onlyBatch,
            onlyBatchReason: reason, notes: notes, order: order())
    }

    /// The order in which nodes read parameters, copies of them among these, and which parameters have names that an exporter made up.
    private func order() -> ParameterOrder {
        var places = weights.copies.mapValues(\.original)
        for (index, weight) in weights.parameters.enumerated() { places[weight.name] = index }
        var seen: Set<Int> = []
        let use = file.neededNodes.flatMap { node in
            (node.input + node.readNames.subtracting(node.input).sorted()).compactMap { places[$0] }
                .filter { seen.insert($0).inserted }
        }
        let made = weights.parameters.indices.filter { FileWeights.Weight.isMadeUp(weights.parameters[$0].name) }
        return ParameterOrder(use: use, made: Set(made))
    }
}
