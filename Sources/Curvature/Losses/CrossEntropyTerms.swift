import TensorIR

/// -sum_c q_c log softmax(z)_c with the target distribution q: a class index smoothed by eps, or given probabilities, times class
/// weights. g = Q p - q and h = Q (diag p - p p^T), with Q = sum_c q_c, which does not depend on the label but through its weight.
package struct CrossEntropyTerms: LossTerms {
    package enum Target {
        /// Class indices (examples, terms), int64; terms with `ignoring` count nowhere.
        case index(Node, ignoring: Int)
        /// Class probabilities of z's shape.
        case probabilities(Node)
    }
    package var target: Target
    package var labelSmoothing: Double
    /// Class weights (outputs), or nil for 1.
    package var weights: Node?

    package func value(_ z: Node, in graph: TensorGraph) throws -> Node {
        let (q, total) = try distribution(z, graph)
        // A logit of -infinity is legal where the target gives it no mass.
        let zero = try graph.zeros(like: z)
        let score = try graph.sum(graph.select(graph.equal(q, zero), zero, graph.multiply(q, z)), axes: [2])
        return try graph.subtract(graph.multiply(total, graph.logSumExp(z, axis: 2)), score)
    }

    package func gradient(_ z: Node, in graph: TensorGraph) throws -> Node {
        let (q, total) = try distribution(z, graph)
        return try graph.subtract(mass(total, like: z, graph, times: graph.softmax(z, axis: 2)), q)
    }

    package func hessian(_ z: Node, times u: Node, in graph: TensorGraph) throws -> Node {
        let (_, total) = try distribution(z, graph)
        let p = try graph.softmax(z, axis: 2)
        let covariance = try graph.multiply(p, graph.subtract(u, graph.outputProduct(p, u)))
        return try mass(total, like: z, graph, times: covariance)
    }

    /// a = sqrt(Q) (p - e_k), k drawn from p. With c_s = <p, u> - u_k, the sum of a_s <a_s, u> is Q (p sum c_s - scatter c_s): no
    /// value has both a sample and an output axis.
    package func sampledHessian(_ z: Node, times u: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws
        -> Node
    {
        let (_, total) = try distribution(z, graph)
        let p = try graph.softmax(z, axis: 2)
        let outputs = graph.shape(z)[2].inner
        let drawn = try graph.append(Sample(.categorical, seed: seed, samples: samples), p)
        let classes = try graph.permute(drawn, [1, 2, 0])
        let expected = try graph.sum(graph.multiply(p, u), axes: [2])
        let picked = try graph.append(Gather(batchAxes: 2), u, classes)
        let c = try graph.subtract(graph.broadcast(expected, like: picked, without: [2]), picked)
        let spread = try graph.multiply(p, graph.broadcast(graph.sum(c, axes: [2]), like: p, without: [2]))
        let scattered = try graph.append(ScatterAdd(rows: outputs, batchAxes: 2), c, classes)
        let mean = try graph.scale(graph.subtract(spread, scattered), by: 1 / Double(samples))
        return try mass(total, like: z, graph, times: mean)
    }

    private func mass(_ total: Node, like z: Node, _ graph: TensorGraph, times x: Node) throws -> Node {
        try graph.multiply(graph.broadcast(total, like: z, without: [2]), x)
    }

    /// q, of z's shape, and its total mass Q for each term.
    func distribution(_ z: Node, _ graph: TensorGraph) throws -> (q: Node, total: Node) {
        let shape = graph.shape(z)
        let outputs = shape[2].inner
        let classWeights = try weights.map { try graph.broadcast($0, to: shape, axes: [2]) }
        switch target {
        case .probabilities(let y):
            let smoothed = try smooth(y, outputs, graph)
            let q = try classWeights.map { try graph.multiply($0, smoothed) } ?? smoothed
            return (q, try graph.sum(q, axes: [2]))
        case .index(let y, let ignored):
            let hot = try graph.oneHot(y, count: outputs)
            let mark = try graph.broadcast(graph.scalar(Int64(ignored)), to: graph.shape(y), axes: [])
            let counts = try graph.cast(graph.not(graph.equal(y, mark)), to: .real)
            // (1 - eps) u_y [c = y] + (eps / C) u_c, and nothing where the term is ignored.
            var q = try smooth(hot, outputs, graph)
            if let classWeights { q = try graph.multiply(classWeights, q) }
            q = try graph.multiply(graph.broadcast(counts, like: z, without: [2]), q)
            return (q, try weights == nil ? counts : graph.sum(q, axes: [2]))
        }
    }

    private func smooth(_ y: Node, _ outputs: Int, _ graph: TensorGraph) throws -> Node {
        guard labelSmoothing != 0 else { return y }
        let rest = try graph.filled(labelSmoothing / Double(outputs), like: y)
        return try graph.add(graph.scale(y, by: 1 - labelSmoothing), rest)
    }
}
