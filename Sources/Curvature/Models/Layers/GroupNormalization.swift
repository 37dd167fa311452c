import TensorIR

/// (x - mean) / sqrt(variance + epsilon) over the channels of each group and all of space, times `weight` and plus `bias`, one
/// of each for every channel: (B, channels, ...). Wu and He 2018.
public struct GroupNormalization: Layer {
    /// Channels are cut into so many groups.
    public var groups: Int
    /// Added to the variance, so that no division is by 0.
    public var epsilon: Double
    /// As many groups as divide the channels.
    public init(groups: Int, epsilon: Double = 1e-5) { (self.groups, self.epsilon) = (groups, epsilon) }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let channels = try x.requireChannels()
        guard groups > 0, channels % groups == 0 else {
            throw ModelError(.option, "expected groups that divide its \(channels) channels, found \(groups)")
        }
        let weight = try scope.parameter("weight", shape: [channels], .ones)
        let bias = try scope.parameter("bias", shape: [channels], .zeros)
        return try x.make("normalization") { graph in
            let shape = graph.shape(x.node)
            let grouped = Shape([shape[0], Dimension(groups), Dimension(channels / groups)] + shape.dimensions[2...])
            let normalized = try graph.standardized(
                graph.reshape(x.node, grouped), axes: Array(2..<grouped.rank), epsilon: epsilon)
            return try graph.scaledByChannel(
                graph.reshape(normalized.result, shape), scale: weight.node, bias: bias.node)
        }
    }
}
