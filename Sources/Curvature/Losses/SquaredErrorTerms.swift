import TensorIR

/// sum_c w_c (z_c - y_c)^2, without one half: g = 2 w (z - y), h = 2 diag(w).
package struct SquaredErrorTerms: LossTerms {
    package var target: Node
    /// Weights of z's shape, or nil for 1.
    package var weights: Node?

    package func value(_ z: Node, in graph: TensorGraph) throws -> Node {
        try graph.sum(weighted(graph.square(graph.subtract(z, target)), graph), axes: [2])
    }
    package func gradient(_ z: Node, in graph: TensorGraph) throws -> Node {
        try graph.scale(weighted(graph.subtract(z, target), graph), by: 2)
    }
    package func hessian(_ z: Node, times u: Node, in graph: TensorGraph) throws -> Node {
        try graph.scale(weighted(u, graph), by: 2)
    }
    /// a = sqrt(2 w) xi with xi standard normal.
    package func sampledHessian(_ z: Node, times u: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws
        -> Node
    {
        let xi = try graph.append(Sample(.normal, seed: seed, samples: samples), z)
        return try graph.scale(weighted(graph.meanOuterProduct(xi, times: rooted(u, graph)), graph, root: true), by: 2)
    }
    private func rooted(_ u: Node, _ graph: TensorGraph) throws -> Node { try weighted(u, graph, root: true) }
    func weighted(_ x: Node, _ graph: TensorGraph, root: Bool = false) throws -> Node {
        guard let weights else { return x }
        return try graph.multiply(root ? graph.sqrt(weights) : weights, x)
    }
}
