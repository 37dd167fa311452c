import TensorIR

/// Binary cross-entropy with logits: sum_c w_c (1 - y_c) z_c + f_c softplus(-z_c), f = w (1 + (r - 1) y) with positive weights r.
/// g = w (1 - y) - f (1 - sigmoid z), h = diag(f sigmoid(z) (1 - sigmoid z)).
package struct BinaryCrossEntropyTerms: LossTerms {
    package var target: Node
    /// Weights of z's shape, or nil for 1.
    package var weights: Node?
    package var positiveWeights: Node?

    /// w (1 - y) softplus(z) + w r y softplus(-z): the same, without cancellation, and finite where a logit is infinite on the
    /// side of its target.
    package func value(_ z: Node, in graph: TensorGraph) throws -> Node {
        let zero = try graph.zeros(like: z)
        func term(_ factor: Node, _ logit: Node) throws -> Node {
            let product = try graph.multiply(factor, graph.unary(.softplus, logit))
            return try graph.select(graph.equal(factor, zero), zero, product)
        }
        var positive = target
        for factor in [weights, positiveWeights].compactMap(\.self) { positive = try graph.multiply(factor, positive) }
        let sum = try graph.add(term(weightedNegative(graph), z), term(positive, graph.negate(z)))
        return try graph.sum(sum, axes: [2])
    }
    package func gradient(_ z: Node, in graph: TensorGraph) throws -> Node {
        let missing = try graph.subtract(graph.filled(1, like: z), graph.sigmoid(z))
        return try graph.subtract(weightedNegative(graph), scaled(missing, graph))
    }
    package func hessian(_ z: Node, times u: Node, in graph: TensorGraph) throws -> Node {
        let s = try graph.sigmoid(z)
        let variance = try graph.multiply(s, graph.subtract(graph.filled(1, like: s), s))
        return try graph.multiply(scaled(variance, graph), u)
    }
    /// a = sqrt(f) (sigmoid z - k) with k drawn from Bernoulli(sigmoid z) for each output.
    package func sampledHessian(_ z: Node, times u: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws
        -> Node
    {
        let s = try graph.sigmoid(z)
        let drawn = try graph.append(Sample(.bernoulli, seed: seed, samples: samples), s)
        let score = try graph.subtract(graph.broadcastLeading(s, size: samples), drawn)
        let root = try factor(graph).map { try graph.sqrt($0) }
        let inner = try root.map { try graph.multiply($0, u) } ?? u
        let product = try graph.meanOuterProduct(score, times: inner)
        return try root.map { try graph.multiply($0, product) } ?? product
    }

    /// w (1 - y).
    private func weightedNegative(_ graph: TensorGraph) throws -> Node {
        let negative = try graph.subtract(graph.filled(1, like: target), target)
        return try weights.map { try graph.multiply($0, negative) } ?? negative
    }
    /// f, or nil for 1.
    func factor(_ graph: TensorGraph) throws -> Node? {
        guard let positiveWeights else { return weights }
        let one = try graph.filled(1, like: target)
        let extra = try graph.multiply(graph.subtract(positiveWeights, one), target)
        let factor = try graph.add(one, extra)
        return try weights.map { try graph.multiply($0, factor) } ?? factor
    }
    private func scaled(_ x: Node, _ graph: TensorGraph) throws -> Node {
        try factor(graph).map { try graph.multiply($0, x) } ?? x
    }
}
