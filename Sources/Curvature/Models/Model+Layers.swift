extension Model {
    /// The network that `layer` makes of one input.
    ///
    ///     let model = try Model(Sequential(Linear(32), Activation.tanh, Linear(3)), inputShape: [8])
    ///
    /// Its parameters are called as PyTorch calls them (`0.weight`, `0.bias`, `2.weight`, `2.bias`) and drawn from the seed.
    ///
    /// - Parameters:
    ///   - layer: the whole network.
    ///   - inputShape: of one example.
    ///   - isInteger: whether the data are integers, such as tokens.
    ///   - seed: of the parameters' initial values.
    /// - Throws: ``ModelError``, which names the layer and the shapes.
    public init(_ layer: some Layer, inputShape: [Int], isInteger: Bool = false, seed: UInt64 = 0) throws {
        let builder = try ModelBuilder(inputShape: inputShape, isInteger: isInteger, seed: seed)
        self = try layer(builder.input, in: builder.scope()).model()
    }
}
