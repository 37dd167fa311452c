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
    let terms: any LossTerms
    /// dl/dz: what seeds the gradient's backward sweep, and stays a variable where the gradient is differentiated.
    let outputGradient: Node
    /// The parameters as nodes, and the tangents that stand for them while the Jacobian is transposed.
    let parameters: [Node]
    let parameterTangents: [Node]
    /// The predictions' tangent: linear in the parameterTangents.
    let linearized: Node?
    /// What the pass that is lowered now has asked for.
    private var asked: Set<Sweep> = []
    enum Sweep: Hashable {
        case tangent([Node])
        case backward(Node)
        case differentiated([Node], Node)
        case weighed([Node])
    }
    private var pullbacks: [Node: [Node?]] = [:]
    private var tangents: [[Node]: Node] = [:]
    private var diagonals: [OuterProductCurvature: [Node]] = [:]
    var kronecker = KroneckerNodes()

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
        parameterTangents = try parameters.enumerated().map { try graph.input(.tangent($0), graph.type($1)) }
        linearized = try graph.linearize(
            [z], seeds: Dictionary(uniqueKeysWithValues: zip(parameters, parameterTangents)))[0]
    }

    /// Begins to count anew: a sweep that another pass has too is run by each.
    func beginPass() { asked = [] }

    /// What the pass goes through, each sweep once however often it was asked for.
    var sweeps: Sweeps {
        var sweeps = Sweeps(forward: 1)
        for sweep in asked { if case .tangent = sweep { sweeps.tangent += 1 } else { sweeps.backward += 1 } }
        return sweeps
    }

    /// Counts a sweep that somebody else lowers.
    func ask(_ sweep: Sweep) { asked.insert(sweep) }

    /// The sum of all terms, in float64, not yet divided.
    func lossSum() throws -> Node {
        try graph.sum(terms.value(z, in: graph), axes: [0, 1], wide: true)
    }

    /// J v for the pieces v of a vector, of z's shape.
    func tangent(_ vector: [Node]) throws -> Node {
        asked.insert(.tangent(vector))
        if let known = tangents[vector] { return known }
        let seeds = Dictionary(uniqueKeysWithValues: zip(parameters, vector))
        let tangent = try graph.linearize([z], seeds: seeds)[0] ?? graph.zeros(like: z)
        tangents[vector] = tangent
        return tangent
    }

    /// The loss's divisor over all data, or one over it: a scalar in float64.
    func divisor(isInverse: Bool) throws -> Node {
        try graph.input(.auxiliary(isInverse ? "inverse divisor" : "divisor"), TensorType(.scalar, .float64))
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
        guard let linearized else { return try zeros() }
        asked.insert(.backward(seed))
        if pullbacks[seed] == nil {
            pullbacks[seed] = try graph.transpose([(linearized, seed)], to: parameterTangents)
        }
        return try zip(pullbacks[seed]!, parameters).map { try $0 ?? graph.zeros(like: $1) }
    }

    /// The derivative of the gradient's pullback B(theta, u) where theta moves along `vector` and u along `seed`.
    func differentiatedPullback(along vector: [Node], seed: Node) throws -> [Node] {
        let gradient = try pullback(outputGradient)
        var seeds = Dictionary(uniqueKeysWithValues: zip(parameters, vector))
        seeds[outputGradient] = seed
        let pieces = try graph.linearize(gradient, seeds: seeds)
        asked.insert(.differentiated(vector, seed))
        return try zip(pieces, parameters).map { try $0 ?? graph.zeros(like: $1) }
    }

    /// sum_n w_n J_n^T g_n, where w_n is the sum of the factors, each times g_n^T J_n v for a term with a vector v. What weighs an example is a sum
    /// over the places where parameters meet examples, of the cotangent there times what v gives there.
    ///
    /// One term for each example, and examples that do not meet: then the weight goes through the backward sweep.
    func weighedGradient(_ terms: [(factor: Double, vector: [Node]?)]) throws -> [Node] {
        guard let linearized else { return try zeros() }
        guard let frontier = graph.exampleFrontier(of: linearized, from: parameterTangents) else {
            return try gradientBySeeds(terms)
        }
        let cotangents = try graph.transpose([(linearized, outputGradient)], to: frontier)
        let places = zip(frontier, cotangents).compactMap { place, cotangent in cotangent.map { (place, $0) } }
        var weight: Node?
        for (factor, vector) in terms {
            var part: Node?
            if let vector {
                let seeds = Dictionary(uniqueKeysWithValues: zip(parameterTangents, vector))
                for (place, tangent) in zip(places, try graph.linearize(places.map(\.0), seeds: seeds)) {
                    guard let tangent else { continue }
                    let product = try graph.dotPerExample(place.1, tangent)
                    part = try part.map { try graph.add($0, product) } ?? product
                }
            } else {
                part = try graph.filled(1, [.examples], .real)
            }
            guard let part else { continue }
            let scaled = try graph.scale(part, by: factor)
            weight = try weight.map { try graph.add($0, scaled) } ?? scaled
        }
        guard let weight else { return try zeros() }
        asked.insert(.weighed([weight]))
        let weighed = try places.map { place, cotangent in
            (node: place, cotangent: try graph.scalePerExample(cotangent, by: weight))
        }
        return try zip(graph.transpose(weighed, to: parameterTangents), parameters).map { piece, parameter in
            try piece ?? graph.zeros(like: parameter)
        }
    }

    /// The same with tangents: for graphs in which parameters and examples meet in other ways.
    private func gradientBySeeds(_ terms: [(factor: Double, vector: [Node]?)]) throws -> [Node] {
        var seed: Node?
        for (factor, vector) in terms {
            let part = try vector.map { try empiricalSeed(tangent($0)) } ?? outputGradient
            let scaled = try graph.scale(part, by: factor)
            seed = try seed.map { try graph.add($0, scaled) } ?? scaled
        }
        return try pullback(seed!)
    }

    /// The diagonal of a sum of outer products of gradients, a piece for each parameter.
    func diagonal(_ curvature: OuterProductCurvature) throws -> [Node] {
        let pieces = try diagonals[curvature] ?? DiagonalLowering(self).diagonal(curvature)
        diagonals[curvature] = pieces
        asked.insert(.weighed(pieces))
        return pieces
    }

    private func zeros() throws -> [Node] { try parameters.map { try graph.zeros(like: $0) } }
}
