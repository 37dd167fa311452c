import TensorIR

/// A network's sweeps as nodes of one tensor graph: predictions, loss, tangents and pullbacks. Nodes are interned, so whatever
/// two requests both need is there once.
final class NetworkLowering {
    let problem: Problem
    let graph: TensorGraph
    /// Predictions (examples, terms, outputs).
    let z: Node
    /// The predictions with the class axis last, (examples, ..., outputs).
    let prediction: Node
    private let terms: any LossTerms
    /// dl/dz: what seeds the gradient's backward sweep, and stays a variable where the gradient is differentiated.
    private let outputGradient: Node
    /// The parameters as nodes, and the tangents that stand for them while the Jacobian is transposed.
    private let parameters: [Node]
    private let placeholders: [Node]
    private let linearized: Node?
    private(set) var sweeps = Sweeps()
    private var pullbacks: [Node: [Node?]] = [:]
    private var tangents: [[Node]: Node] = [:]

    init(_ problem: Problem) throws {
        self.problem = problem
        graph = problem.model.graph.copy()
        var output = problem.model.prediction
        let rank = graph.shape(output).rank
        if rank == 1 { output = try graph.expand(output, at: 1) }
        if case .crossEntropy(_, _, _, let axis?) = problem.loss.function, axis < rank - 1 {
            output = try graph.permute(output, (0..<rank).filter { $0 != axis } + [axis])
        }
        prediction = output
        let dimensions = graph.shape(output).dimensions
        z = try graph.reshape(
            output, [dimensions[0], Dimension(problem.shape.terms), Dimension(problem.shape.outputs)])
        terms = try NetworkLowering.lossTerms(problem, z, dimensions[0], graph)
        outputGradient = try terms.gradient(z, in: graph)
        parameters = problem.parameters.map(\.node)
        let graph = graph
        placeholders = try parameters.enumerated().map { try graph.input(.tangent($0), graph.type($1)) }
        linearized = try graph.linearize([z], seeds: Dictionary(uniqueKeysWithValues: zip(parameters, placeholders)))[0]
        sweeps.forward = 1
    }

    /// The sum of all terms, in float64, not yet divided.
    func lossSum() throws -> Node {
        try graph.sum(terms.value(z, in: graph), axes: [0, 1], wide: true)
    }

    /// J v for the pieces v of a vector, of z's shape.
    func tangent(_ vector: [Node]) throws -> Node {
        if let known = tangents[vector] { return known }
        let seeds = Dictionary(uniqueKeysWithValues: zip(parameters, vector))
        let tangent = try graph.linearize([z], seeds: seeds)[0] ?? graph.zeros(like: z)
        tangents[vector] = tangent
        sweeps.tangent += 1
        return tangent
    }

    func hessianSeed(_ tangent: Node) throws -> Node { try terms.hessian(z, times: tangent, in: graph) }
    func sampledSeed(_ tangent: Node, _ sampling: Sampling) throws -> Node {
        try terms.sampledHessian(z, times: tangent, samples: sampling.samples, seed: sampling.seed, in: graph)
    }
    /// g <g, J v> for each term.
    func empiricalSeed(_ tangent: Node) throws -> Node {
        try graph.multiply(outputGradient, graph.outputProduct(outputGradient, tangent))
    }
    var gradientSeed: Node { outputGradient }

    /// J^T u, a piece for each parameter.
    func pullback(_ seed: Node) throws -> [Node] {
        if pullbacks[seed] == nil {
            guard let linearized else { return try zeros() }
            pullbacks[seed] = try graph.transpose([(linearized, seed)], to: placeholders)
            sweeps.backward += 1
        }
        return try zip(pullbacks[seed]!, parameters).map { try $0 ?? graph.zeros(like: $1) }
    }

    /// The derivative of the gradient's pullback B(theta, u) where theta moves along `vector` and u along `seed`.
    func differentiatedPullback(along vector: [Node], seed: Node) throws -> [Node] {
        let gradient = try pullback(outputGradient)
        var seeds = Dictionary(uniqueKeysWithValues: zip(parameters, vector))
        seeds[outputGradient] = seed
        let pieces = try graph.linearize(gradient, seeds: seeds)
        sweeps.backward += 1
        return try zip(pieces, parameters).map { try $0 ?? graph.zeros(like: $1) }
    }

    private func zeros() throws -> [Node] { try parameters.map { try graph.zeros(like: $0) } }

    // MARK: The loss's own tensors

    private static func lossTerms(
        _ problem: Problem, _ z: Node, _ examples: Dimension, _ graph: TensorGraph
    ) throws -> any LossTerms {
        let shape = problem.shape
        let middle = Array(shape.predictionShape[1..<(shape.predictionShape.count - 1)])
        func option(_ name: String?) throws -> Node? {
            guard let name else { return nil }
            let sizes = problem.vectors.tensors[name]!.shape
            if case .crossEntropy = problem.loss.function {
                return try graph.input(.auxiliary(name), TensorType(Shape(sizes)))
            }
            return try LossTensor(name: name, shape: sizes, predictionShape: shape.predictionShape)
                .node(like: z, middle: middle, examples: examples, in: graph)
        }
        let own = problem.data.tensors["targets"]!.shape.dropFirst().map { Dimension($0) }
        func targets(_ element: ElementType) throws -> Node {
            try graph.input(.data("targets"), TensorType(Shape([examples] + own), element))
        }
        switch problem.loss.function {
        case .crossEntropy(let ignored, let smoothing, let weights, let classAxis):
            if problem.hasIndexTargets {
                let labels = try graph.reshape(targets(.int64), graph.shape(z).removing(axes: [2]))
                return CrossEntropyTerms(
                    target: .index(labels, ignoring: ignored), labelSmoothing: smoothing, weights: try option(weights))
            }
            var y = try targets(.real)
            if let classAxis {
                let rank = graph.shape(y).rank
                y = try graph.permute(y, (0..<rank).filter { $0 != classAxis } + [classAxis])
            }
            return CrossEntropyTerms(
                target: .probabilities(try graph.reshape(y, graph.shape(z))), labelSmoothing: smoothing,
                weights: try option(weights))
        case .meanSquaredError(let weights):
            return SquaredErrorTerms(
                target: try graph.reshape(targets(.real), graph.shape(z)), weights: try option(weights))
        case .binaryCrossEntropy(let positive, let weights):
            return BinaryCrossEntropyTerms(
                target: try graph.reshape(targets(.real), graph.shape(z)), weights: try option(weights),
                positiveWeights: try option(positive))
        }
    }
}

/// How often a pass goes through the network, a block of vectors counting once.
package struct Sweeps: Hashable, Sendable {
    package var forward = 0
    package var tangent = 0
    package var backward = 0
}
