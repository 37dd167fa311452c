import TensorIR

/// The terms of a loss of one's own. Its gradient is the closure transposed, its Hessian the gradient linearized; the root of the Hessian is found as
/// the structure allows.
struct CustomTerms: LossTerms {
    /// The predictions, as a node of their own: what the closure makes of them never reaches past it into the network, as views of views do.
    private let predictions: Node
    /// l of (examples, terms).
    private let terms: Node
    private let outputGradient: Node

    init(_ trace: CustomTrace, _ z: Node, targets: Node, in graph: TensorGraph) throws {
        predictions = try graph.detached(z)
        let value = try trace.value(predictions, targets: targets, in: graph)
        let summed = try graph.sum(value, axes: Array(1..<graph.shape(value).rank))
        terms = try graph.reshape(summed, graph.shape(z).removing(axes: [2]))
        let tangent = try graph.input(.tangent(-3), graph.type(z))
        guard let linear = try graph.linearize([terms], seeds: [predictions: tangent])[0],
            let gradient = try graph.transpose([(linear, graph.filled(1, like: terms))], to: [tangent])[0]
        else {
            outputGradient = try graph.zeros(like: z)
            return
        }
        outputGradient = gradient
    }

    func value(_ z: Node, in graph: TensorGraph) throws -> Node { terms }

    /// A node of its own: where a pullback is differentiated, the output gradient is a variable, and it must not be one with a value of the network,
    /// which it may well equal (for l = z^2/2 it is z).
    func gradient(_ z: Node, in graph: TensorGraph) throws -> Node { try graph.detached(outputGradient) }

    func hessian(_ z: Node, times u: Node, in graph: TensorGraph) throws -> Node {
        try graph.linearize([outputGradient], seeds: [predictions: u])[0] ?? graph.zeros(like: z)
    }

    /// diag(sqrt(h)) if the outputs of a term do not meet in the Hessian, else its positive semidefinite root, by an eigendecomposition for each term.
    func hessianRoot(_ z: Node, in graph: TensorGraph) throws -> Node {
        if let diagonal = try hessianDiagonal(z, in: graph) { return try graph.diagonalColumns(graph.sqrt(diagonal)) }
        return try graph.permute(root(z, in: graph), [3, 0, 1, 2])
    }

    /// R xi with xi standard normal.
    func scores(_ z: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node {
        let xi = try graph.append(Sample(.normal, seed: seed, samples: samples), z)
        if let diagonal = try hessianDiagonal(z, in: graph) {
            return try graph.multiply(graph.broadcastLeading(graph.sqrt(diagonal), size: samples), xi)
        }
        let (sample, example, term, row, column) = (0, 1, 2, 3, 4)
        return try graph.contract(
            xi, [sample, example, term, column], root(z, in: graph), [example, term, row, column],
            to: [sample, example, term, row])
    }

    func sampledHessian(_ z: Node, times u: Node, samples: Int, seed: UInt64, in graph: TensorGraph) throws -> Node {
        try graph.meanOuterProduct(scores(z, samples: samples, seed: seed, in: graph), times: u)
    }

    func termWeights(in graph: TensorGraph) throws -> Node? { nil }

    /// The Hessian's diagonal, of z's shape, if the Hessian works on each output by itself; else nil.
    private func hessianDiagonal(_ z: Node, in graph: TensorGraph) throws -> Node? {
        let stand = try graph.input(.tangent(-3), graph.type(z))
        guard let product = try graph.linearize([outputGradient], seeds: [predictions: stand])[0] else {
            return try graph.zeros(like: z)
        }
        guard graph.shape(z)[2].inner == 1 || graph.isElementwise(product, in: stand) else { return nil }
        return try hessian(z, times: graph.filled(1, like: z), in: graph)
    }

    /// The positive semidefinite root of each term's Hessian, (examples, terms, outputs, outputs).
    private func root(_ z: Node, in graph: TensorGraph) throws -> Node {
        let shape = graph.shape(z)
        let outputs = shape[2].inner
        let stand = try graph.input(.tangent(-3), graph.type(z))
        let product = try hessian(z, times: stand, in: graph)
        let units = try graph.unitColumns(shape.leading(outputs))
        let columns = try graph.batch([product], replacements: [stand: units], size: outputs)[0]
        return try graph.append(SymmetricRoot(), graph.permute(columns, [1, 2, 3, 0]))
    }
}

extension TensorGraph {
    /// Whether each element of `output` depends on the same element, in row-major order, of `source`, and on no other.
    fileprivate func isElementwise(_ output: Node, in source: Node) -> Bool {
        var depends = NodeSet([source])
        for node in ancestors(of: [output], stoppingAt: [source]) where node != source {
            let own = operands(node).filter { depends.contains($0) }
            guard !own.isEmpty else { continue }
            let isReshaped = primitive(node) is Reshape
            guard isReshaped || (primitive(node) is Elementwise && own.allSatisfy { shape($0) == shape(node) }) else {
                return false
            }
            depends.insert(node)
        }
        return depends.contains(output)
    }
}
