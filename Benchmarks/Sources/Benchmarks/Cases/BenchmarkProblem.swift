import Curvature

/// A network with random parameters, data and vectors: what every request set is measured on.
struct BenchmarkProblem: Sendable {
    let name: String
    /// In words, for the table's legend.
    let summary: String
    let layer: Sequential
    let inputShape: [Int]
    /// The number of tokens where inputs are such.
    var vocabulary: Int?
    /// Loss terms of an example.
    var terms = 1
    let classes: Int
    var examples: Int

    /// - Parameter isQuick: an eighth of the examples.
    func make(isQuick: Bool = false) throws -> Problem {
        let examples = isQuick ? max(1, examples / 8) : examples
        let model = try Model(layer, inputShape: inputShape, isInteger: vocabulary != nil, seed: 0)
        let size = model.parameters.reduce(0) { $0 + ($1.isTrainable ? $1.count : 0) }
        var numbers = SeededNumbers(seed: 1)
        let count = inputShape.reduce(examples, *)
        let shape = [examples] + inputShape
        let inputs =
            try vocabulary.map { try HostArray(numbers.integers(count, below: $0), shape: shape) }
            ?? HostArray(numbers.reals(count), shape: shape)
        let targets = try HostArray(
            numbers.integers(examples * terms, below: classes), shape: terms == 1 ? [examples] : [examples, terms])
        var vectors: [String: HostArray] = [:]
        for name in ["v", "v1", "v2", "v3", "v4"] { vectors[name] = try HostArray(numbers.reals(size), shape: [size]) }
        let outputs = examples * terms * classes
        vectors["w"] = try HostArray(numbers.reals(outputs), shape: [outputs])
        return try Problem(
            model: .network(model, name: name), loss: .crossEntropy(),
            data: .arrays(["inputs": inputs, "targets": targets]), vectors: .arrays(vectors))
    }
}

extension BenchmarkProblem {
    func with(examples: Int) -> BenchmarkProblem {
        var other = self
        other.examples = examples
        return other
    }

    static let all = [perceptron, convolutional, residual, transformer]

    static let perceptron = BenchmarkProblem(
        name: "mlp", summary: "784-1024-512-256-128-64-10, relu, 256 examples",
        layer: Sequential(
            Linear(1024), Activation.relu, Linear(512), Activation.relu, Linear(256), Activation.relu, Linear(128),
            Activation.relu, Linear(64), Activation.relu, Linear(10)),
        inputShape: [784], classes: 10, examples: 256)

    static let convolutional = BenchmarkProblem(
        name: "cnn", summary: "three convolutions 3x3 (32, 64, 64) with max-pooling, 3x32x32 images, 48 examples",
        layer: Sequential(
            Convolution2D(32, size: 3, padding: 1), Activation.relu, MaxPooling2D(size: 2),
            Convolution2D(64, size: 3, padding: 1), Activation.relu, MaxPooling2D(size: 2),
            Convolution2D(64, size: 3, padding: 1), Activation.relu, MaxPooling2D(size: 2), Flatten(), Linear(10)),
        inputShape: [3, 32, 32], classes: 10, examples: 48)

    static let residual = BenchmarkProblem(
        name: "resnet",
        summary: "a stem and three residual blocks (16, 32, 64) with batch norm, 3x32x32 images, 24 examples",
        layer: Sequential(
            Convolution2D(16, size: 3, padding: 1, hasBias: false), BatchNormalization(), Activation.relu,
            block(16, stride: 1, isWider: false), Activation.relu, block(32, stride: 2, isWider: true), Activation.relu,
            block(64, stride: 2, isWider: true), Activation.relu, GlobalAveragePooling(), Linear(10)),
        inputShape: [3, 32, 32], classes: 10, examples: 24)

    static let transformer = BenchmarkProblem(
        name: "transformer", summary: "two causal blocks, 96 features, 4 heads, 32 positions, 64 tokens, 32 examples",
        layer: Sequential(
            Embedding(64, features: 96), PositionEmbedding(32),
            TransformerBlock(heads: 4, hidden: 384, isCausal: true),
            TransformerBlock(heads: 4, hidden: 384, isCausal: true), LayerNormalization(), Linear(64)),
        inputShape: [32], vocabulary: 64, terms: 32, classes: 64, examples: 32)

    /// Two convolutions with a path around them (He et al. 2015).
    private static func block(_ channels: Int, stride: Int, isWider: Bool) -> Residual {
        Residual(
            Sequential(
                Convolution2D(channels, size: 3, stride: stride, padding: 1, hasBias: false), BatchNormalization(),
                Activation.relu, Convolution2D(channels, size: 3, padding: 1, hasBias: false), BatchNormalization()),
            shortcut: isWider
                ? Sequential(Convolution2D(channels, size: 1, stride: stride, hasBias: false), BatchNormalization())
                : nil)
    }
}
