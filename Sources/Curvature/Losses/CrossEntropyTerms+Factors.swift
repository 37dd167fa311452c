import Kernels
import TensorIR

extension CrossEntropyTerms {
    /// R = sqrt(Q) (diag(sqrt p) - p sqrt(p)^T).
    package func hessianRoot(_ z: Node, in graph: TensorGraph) throws -> Node {
        let shape = graph.shape(z)
        let outputs = shape[2].inner
        let block = shape.leading(outputs)
        let p = try graph.softmax(z, axis: 2)
        // sqrt(p_k), with k in front.
        let root = try graph.broadcast(graph.permute(graph.sqrt(p), [2, 0, 1]), to: block, axes: [0, 1, 2])
        let centred = try graph.subtract(graph.unitColumns(block), graph.broadcast(p, to: block, axes: [1, 2, 3]))
        return try rooted(graph.multiply(root, centred), z, graph)
    }
    /// sqrt(Q) (p - e_k), k drawn from p.
    package func scores(_ z: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node {
        let p = try graph.softmax(z, axis: 2)
        let drawn = try graph.append(Sample(.categorical, seed: seed, samples: samples), p)
        let hot = try graph.oneHot(drawn, count: graph.shape(z)[2].inner)
        let score = try graph.subtract(graph.broadcastLeading(p, size: samples), hot)
        return try rooted(score, z, graph)
    }
    /// The weight of the label's class, and 0 where the term is ignored.
    package func termWeights(in graph: TensorGraph) throws -> Node? {
        guard case .index(let labels, let ignored) = target else { return nil }
        let mark = try graph.broadcast(graph.scalar(Int64(ignored)), to: graph.shape(labels), axes: [])
        let counts = try graph.cast(graph.not(graph.equal(labels, mark)), to: .real)
        guard let weights, let outputs = graph.shape(weights)[0].number else { return counts }
        let hot = try graph.oneHot(labels, count: outputs)
        let weight = try graph.multiply(hot, graph.broadcast(weights, to: graph.shape(hot), axes: [2]))
        return try graph.multiply(counts, graph.sum(weight, axes: [2]))
    }

    /// sqrt(Q) x for a block x.
    private func rooted(_ x: Node, _ z: Node, _ graph: TensorGraph) throws -> Node {
        let total = try distribution(z, graph).total
        return try graph.multiply(graph.broadcast(graph.sqrt(total), to: graph.shape(x), axes: [1, 2]), x)
    }
}
