import TensorIR

extension BinaryCrossEntropyTerms {
    /// R = diag(sqrt(f sigmoid(z) (1 - sigmoid(z)))).
    package func hessianRoot(_ z: Node, in graph: TensorGraph) throws -> Node {
        // The square root of 1 - sigmoid(z) is that of sigmoid(-z), without cancellation.
        let variance = try graph.multiply(graph.sigmoid(z), graph.sigmoid(graph.negate(z)))
        return try graph.diagonalColumns(graph.sqrt(scaledByFactor(variance, graph)))
    }
    /// sqrt(f) (sigmoid(z) - k), k drawn from Bernoulli(sigmoid(z)) for each output.
    package func scores(_ z: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node {
        let s = try graph.sigmoid(z)
        let drawn = try graph.append(Sample(.bernoulli, seed: seed, samples: samples), s)
        let score = try graph.subtract(graph.broadcastLeading(s, size: samples), drawn)
        guard let factor = try factor(graph) else { return score }
        return try graph.multiply(graph.broadcastLeading(graph.sqrt(factor), size: samples), score)
    }
    package func termWeights(in graph: TensorGraph) throws -> Node? { nil }

    private func scaledByFactor(_ x: Node, _ graph: TensorGraph) throws -> Node {
        try factor(graph).map { try graph.multiply($0, x) } ?? x
    }
}
