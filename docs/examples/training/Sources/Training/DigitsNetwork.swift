import Curvature

/// The convolutional network of docs/examples/digits, untrained: 1,898 parameters.
enum DigitsNetwork {
    static let layers = Sequential(
        Convolution2D(8, size: 3, padding: 1), Activation.relu, MaxPooling2D(size: 2),
        Convolution2D(16, size: 3, padding: 1), Activation.relu, MaxPooling2D(size: 2), Flatten(), Linear(10))

    /// The network on a first batch, whose size every later batch has.
    ///
    /// - Parameter direction: The vector `u` that requests name, to begin with.
    static func problem(_ batch: Batch, direction: (Int) -> [Double]) throws -> Problem {
        let model = try Model(layers, inputShape: Digits.imageShape, seed: 0)
        let size = model.parameters.reduce(0) { $0 + $1.count }
        return try Problem(
            model: model, loss: .crossEntropy(), inputs: batch.inputs, targets: batch.targets,
            vectors: ["u": ([size], direction(size))])
    }
}
