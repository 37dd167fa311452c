import TensorIR

/// Batch normalization of (B, channels, ...) in inference: with the statistics of training, a factor and an offset for each channel.
///
/// Parameters `weight` and `bias` (channels); `running_mean` and `running_var` belong to the model and are not trained. Ioffe and
/// Szegedy 2015. Statistics over the batch are not supported: predictions would depend on other examples.
public struct BatchNormalization: Layer {
    /// Added to the variance, so that no division is by 0.
    public var epsilon: Double
    /// PyTorch's epsilon unless said.
    public init(epsilon: Double = 1e-5) { self.epsilon = epsilon }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let channels = try x.requireChannels()
        let weight = try scope.parameter("weight", shape: [channels], .ones)
        let bias = try scope.parameter("bias", shape: [channels], .zeros)
        let reason = "statistic of a batch normalization"
        let mean = try scope.statistic("running_mean", shape: [channels], .zeros, reason: reason)
        let variance = try scope.statistic("running_var", shape: [channels], .ones, reason: reason)
        return try x.make("normalization") { graph in
            try graph.normalized(
                x.node, scale: weight.node, bias: bias.node, mean: mean.node, variance: variance.node, epsilon: epsilon)
        }
    }
}
