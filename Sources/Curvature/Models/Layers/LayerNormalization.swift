import TensorIR

/// (x - mean) / sqrt(variance + epsilon) over the last axes of each example, times `weight` and plus `bias`, which have the
/// shape of these axes. Ba, Kiros and Hinton 2016.
public struct LayerNormalization: Layer {
    /// How many of the last axes.
    public var axes: Int
    /// Added to the variance, so that no division is by 0.
    public var epsilon: Double
    /// Whether there is an offset beside the factor.
    public var hasBias: Bool
    /// Over the last axis unless said.
    public init(axes: Int = 1, epsilon: Double = 1e-5, hasBias: Bool = true) {
        (self.axes, self.epsilon, self.hasBias) = (axes, epsilon, hasBias)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let axes = try x.lastAxes(self.axes)
        let shape = axes.map(x.size)
        let normalized = try x.make("normalization") { graph in
            try graph.standardized(x.node, axes: axes, epsilon: epsilon).result
        }
        let scaled = try normalized * scope.parameter("weight", shape: shape, .ones)
        return hasBias ? try scaled + scope.parameter("bias", shape: shape, .zeros) : scaled
    }
}

extension Tensor {
    func lastAxes(_ count: Int) throws -> [Int] {
        try requireRealInput()
        guard count >= 1, count < rank else {
            throw ModelError(
                .shape, "expected 1 to \(Swift.max(1, rank - 1)) axes of \(self) to normalize over, found \(count)")
        }
        return try axes(Array((rank - count)..<rank))
    }
}
