import TensorIR

/// Self-attention of several heads (Vaswani et al. 2017): (B, positions, features) to the same.
///
/// Each head has features / heads of the features of `query`, `key` and `value`, linear layers of the input; `output` is a
/// linear layer of the heads side by side. Scores are scaled by 1 / sqrt(features / heads).
public struct MultiHeadAttention: Layer {
    /// Heads; a divisor of the features.
    public var heads: Int
    /// Whether a position sees itself and those before it only.
    public var isCausal: Bool
    /// Whether the four linear layers have a bias.
    public var hasBias: Bool
    /// Every position sees all others unless `isCausal`.
    public init(heads: Int, isCausal: Bool = false, hasBias: Bool = true) {
        (self.heads, self.isCausal, self.hasBias) = (heads, isCausal, hasBias)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let (positions, features) = try x.requireSequence()
        guard heads > 0, features % heads == 0 else {
            throw ModelError(.option, "expected heads that divide its \(features) features, found \(heads)")
        }
        func perHead(_ name: String) throws -> Tensor {
            try Linear(features, hasBias: hasBias)(x, in: scope.child(name))
                .reshaped([positions, heads, features / heads])
        }
        let (query, key, value) = (try perHead("query"), try perHead("key"), try perHead("value"))
        let mixed = try x.make("attention") { graph in
            let (example, head, row, column, inner) = (0, 1, 2, 3, 4)
            let scaled = try graph.scale(query.node, by: 1 / Double(features / heads).squareRoot())
            var scores = try graph.contract(
                scaled, [example, row, head, inner], key.node, [example, column, head, inner],
                to: [example, head, row, column])
            if isCausal {
                let sees = (0..<positions).flatMap { row in (0..<positions).map { $0 <= row } }
                let mask = try graph.broadcast(
                    graph.constant(Constant([positions, positions], sees)), to: graph.shape(scores), axes: [2, 3])
                scores = try graph.select(mask, scores, graph.filled(-.infinity, like: scores))
            }
            let weights = try graph.softmax(scores, axis: 3)
            let heads = try graph.contract(
                weights, [example, head, row, column], value.node, [example, column, head, inner],
                to: [example, row, head, inner])
            return try graph.reshape(heads, x.type.shape)
        }
        return try Linear(features, hasBias: hasBias)(mixed, in: scope.child("output"))
    }
}
