import TensorIR

/// y = W x + b along the last axis; W is (outputs, inputs). Parameters `weight` and `bias`, drawn as PyTorch draws them.
public struct Linear: Layer {
    /// Features of the result.
    public var outputs: Int
    /// Whether an offset is added for each output.
    public var hasBias: Bool
    /// The full name of a parameter to use as the weight instead of a new one: `tokens.weight`, of shape (outputs, inputs).
    public var tiedWeight: String?

    /// `outputs` features from those of the input.
    public init(_ outputs: Int, hasBias: Bool = true, tiedWeight: String? = nil) {
        (self.outputs, self.hasBias, self.tiedWeight) = (outputs, hasBias, tiedWeight)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        guard outputs > 0 else { throw ModelError(.option, "expected one output or more, found \(outputs)") }
        guard x.rank >= 2, let inputs = x.type.shape[x.rank - 1].number else {
            throw ModelError(.shape, "expected features along the last axis, found \(x); reshape or flatten before")
        }
        try x.requireRealInput()
        let weight =
            try tiedWeight.map { try scope.tied($0, shape: [outputs, inputs]) }
            ?? scope.parameter("weight", shape: [outputs, inputs], .fanIn(inputs))
        let product = try x.matmul(weight.transposed())
        return hasBias ? try product + scope.parameter("bias", shape: [outputs], .fanIn(inputs)) : product
    }
}
