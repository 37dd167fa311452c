import TensorIR

extension SquaredErrorTerms {
    /// R = sqrt(2) diag(sqrt w).
    package func hessianRoot(_ z: Node, in graph: TensorGraph) throws -> Node {
        let root = try graph.scale(weighted(graph.filled(1, like: z), graph, root: true), by: 2.0.squareRoot())
        return try graph.diagonalColumns(root)
    }
    /// sqrt(2 w) xi with xi standard normal.
    package func scores(_ z: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node {
        let xi = try graph.append(Sample(.normal, seed: seed, samples: samples), z)
        let scale = try graph.scale(weighted(graph.filled(1, like: z), graph, root: true), by: 2.0.squareRoot())
        return try graph.multiply(graph.broadcastLeading(scale, size: samples), xi)
    }
    package func termWeights(in graph: TensorGraph) throws -> Node? { nil }
}
