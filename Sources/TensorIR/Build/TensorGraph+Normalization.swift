extension TensorGraph {
    /// (x - mean) / sqrt(variance + epsilon) over `axes`, with the mean and the inverse deviation, which lack them.
    package func standardized(_ x: Node, axes: [Int], epsilon: Double) throws -> (
        result: Node, mean: Node, inverse: Node
    ) {
        let mean = try mean(x, axes: axes)
        let centred = try subtract(x, broadcast(mean, like: x, without: axes))
        let inverse = try inverseRoot(self.mean(square(centred), axes: axes), epsilon: epsilon)
        return (try multiply(centred, broadcast(inverse, like: x, without: axes)), mean, inverse)
    }
    /// x / sqrt(mean of squares + epsilon) over `axes` (Zhang and Sennrich 2019).
    package func scaledByRootMeanSquare(_ x: Node, axes: [Int], epsilon: Double) throws -> Node {
        let inverse = try inverseRoot(mean(square(x), axes: axes), epsilon: epsilon)
        return try multiply(x, broadcast(inverse, like: x, without: axes))
    }
    private func inverseRoot(_ x: Node, epsilon: Double) throws -> Node {
        try reciprocal(sqrt(add(x, filled(epsilon, like: x))))
    }

    /// Batch normalization with the statistics of training: a factor and an offset for each channel of axis 1.
    package func normalized(
        _ x: Node, scale: Node, bias: Node, mean: Node, variance: Node, epsilon: Double
    ) throws -> Node {
        let factor = try divide(scale, sqrt(add(variance, filled(epsilon, like: variance))))
        let offset = try subtract(bias, multiply(mean, factor))
        return try scaledByChannel(x, scale: factor, bias: offset)
    }
    /// A factor and an offset for each channel of axis 1.
    package func scaledByChannel(_ x: Node, scale: Node, bias: Node) throws -> Node {
        let shape = shape(x)
        let scaled = try multiply(x, broadcast(scale, to: shape, axes: [1]))
        return try add(scaled, broadcast(bias, to: shape, axes: [1]))
    }
}
