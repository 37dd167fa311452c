/// Attention and a feed-forward network, each with layer normalization and a path around: (B, positions, features) to the same.
///
/// Parts `norm1`, `attention`, `norm2`, `feed_forward`. Normalization comes before each part (as in GPT-2) or after each sum
/// (Vaswani et al. 2017).
public struct TransformerBlock: Layer {
    /// The first part.
    public var attention: MultiHeadAttention
    /// The second part.
    public var feedForward: FeedForward
    /// Of both parts; each has parameters of its own.
    public var normalization: LayerNormalization
    /// Whether normalization comes before each part, not after each sum.
    public var normalizesFirst: Bool

    /// - Parameters:
    ///   - heads: of the attention; a divisor of the features.
    ///   - hidden: features inside the feed-forward network.
    ///   - isCausal: whether a position sees itself and those before it only.
    ///   - activation: inside the feed-forward network.
    ///   - normalizesFirst: whether normalization comes before each part, not after each sum.
    ///   - hasBias: whether linear layers have a bias.
    public init(
        heads: Int, hidden: Int, isCausal: Bool = false, activation: Activation = .gelu, normalizesFirst: Bool = true,
        hasBias: Bool = true
    ) {
        attention = MultiHeadAttention(heads: heads, isCausal: isCausal, hasBias: hasBias)
        feedForward = FeedForward(hidden: hidden, activation: activation, hasBias: hasBias)
        normalization = LayerNormalization()
        self.normalizesFirst = normalizesFirst
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        _ = try x.requireSequence()
        func around(_ x: Tensor, _ layer: some Layer, _ name: String, _ norm: String) throws -> Tensor {
            if normalizesFirst {
                return try x + layer(normalization(x, in: scope.child(norm)), in: scope.child(name))
            }
            return try normalization(x + layer(x, in: scope.child(name)), in: scope.child(norm))
        }
        let attended = try around(x, attention, "attention", "norm1")
        return try around(attended, feedForward, "feed_forward", "norm2")
    }
}
