/// Two linear layers with an activation between them, along the last axis; the result has the input's features.
///
/// Parameters `0.weight`, `0.bias`, `2.weight`, `2.bias`.
public struct FeedForward: Layer {
    /// Features between the two.
    public var hidden: Int
    /// Between the two layers.
    public var activation: Activation
    /// Whether both layers have a bias.
    public var hasBias: Bool
    /// `hidden` features between the two layers.
    public init(hidden: Int, activation: Activation = .gelu, hasBias: Bool = true) {
        (self.hidden, self.activation, self.hasBias) = (hidden, activation, hasBias)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        guard x.rank >= 2, let features = x.shape[x.rank - 1] else {
            throw ModelError(.shape, "expected features along the last axis, found \(x)")
        }
        let layers = Sequential(
            Linear(hidden, hasBias: hasBias), activation, Linear(features, hasBias: hasBias))
        return try layers.forward(x, in: scope)
    }
}
