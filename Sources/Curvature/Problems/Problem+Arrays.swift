extension Problem {
    /// A network with data in memory.
    ///
    /// - Parameters:
    ///   - model: With one input.
    ///   - loss: With its reduction and options.
    ///   - inputs: Row-major, of shape (N, ...).
    ///   - targets: Class indices, (N, ...), for cross-entropy.
    ///   - vectors: Tensors that requests name.
    ///   - parameters: Names or globs in order, `-NAME` to leave one out; empty for every trainable parameter.
    public init(
        model: Model, loss: Loss, inputs: (shape: [Int], values: [Double]), targets: (shape: [Int], values: [Int64]),
        vectors: [String: (shape: [Int], values: [Double])] = [:], parameters: [String] = []
    ) throws {
        let data = ArraySource([
            "inputs": (inputs.shape, .real(inputs.values)), "targets": (targets.shape, .int64(targets.values)),
        ])
        try self.init(
            name: "model", model: model, loss: loss, data: data,
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }, origin: "vectors"),
            parameters: parameters)
    }
}
