extension Problem {
    /// A network, a loss and data, wherever they come from.
    ///
    ///     let problem = try Problem(model: .onnx(url), loss: .crossEntropy(), data: .safetensors(url))
    ///
    /// - Parameters:
    ///   - model: The network: a file, layers, or a model that exists.
    ///   - loss: With its reduction and options.
    ///   - data: Holds `inputs` (N, ...), or a tensor for each of the model's inputs under its name, and `targets`: integers for
    ///     class indices, otherwise values shaped as the predictions.
    ///   - vectors: Tensors that expressions and loss options name.
    ///   - parameters: Names or globs in order, `-NAME` to leave one out; empty for every trainable parameter.
    /// - Throws: ``ProblemError``, or an error of the files: one line that names the place and the remedy. Shapes are checked here; of
    ///   the data nothing but names, shapes and types is read.
    public init(
        model: ModelSource, loss: Loss, data: TensorSource, vectors: TensorSource? = nil, parameters: [String] = []
    ) throws {
        let network = try model.load(data.source.tensors.mapValues(\.shape))
        try self.init(
            name: model.name, model: network, loss: loss, data: data.source,
            vectors: vectors?.source ?? ArraySource([:], origin: "vectors (not given)"), parameters: parameters)
    }

    /// The same problem with further tensors beside its vectors.
    func supplying(_ tensors: [String: SuppliedTensor]) throws -> Problem {
        if tensors.isEmpty { return self }
        if let name = tensors.keys.sorted().first(where: { vectors.tensors[$0] != nil }) {
            throw ProblemError(
                .expression,
                "\(vectors.origin): it holds a tensor \(OneLine.quoted(name)), and so is one called that comes with a quantity; give it another name"
            )
        }
        var problem = self
        problem.vectors = SuppliedSource(base: vectors, supplied: tensors)
        return problem
    }
}
