import TensorIR

/// x / sqrt(mean of squares + epsilon) over the last axes of each example, times `weight`. Zhang and Sennrich 2019.
public struct RMSNormalization: Layer {
    /// How many of the last axes.
    public var axes: Int
    /// Added to the mean of squares, so that no division is by 0.
    public var epsilon: Double
    /// Over the last axis unless said.
    public init(axes: Int = 1, epsilon: Double = 1e-5) { (self.axes, self.epsilon) = (axes, epsilon) }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let axes = try x.lastAxes(self.axes)
        let normalized = try x.make("normalization") { graph in
            try graph.scaledByRootMeanSquare(x.node, axes: axes, epsilon: epsilon)
        }
        return try normalized * scope.parameter("weight", shape: axes.map(x.size), .ones)
    }
}
