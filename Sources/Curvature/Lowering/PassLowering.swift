import TensorIR

/// Lowers the values of one data pass, together, into one tensor program.
final class PassLowering {
    private let operators: OperatorGraph
    private let network: NetworkLowering
    private let graph: TensorGraph
    /// Vectors that the pass reads, in order of first use, with the slot as index.
    private var slots: [Value] = []
    private var inputs: [Value: [Node]] = [:]
    private var outputInputs: [Value: Node] = [:]

    /// Values that are there before the pass.
    private let known: Set<Value>

    /// Columns of a block that a run takes.
    private let mostColumns: Int

    private init(_ operators: OperatorGraph, _ network: NetworkLowering, known: Set<Value>, mostColumns: Int) {
        (self.operators, self.network, self.known, self.mostColumns) = (operators, network, known, mostColumns)
        graph = network.graph
    }

    /// - Parameter network: Shared by the passes of a plan, so that what they have in common is the same nodes.
    static func lower(
        _ values: [Value], _ operators: OperatorGraph, _ network: NetworkLowering, known: Set<Value>, mostColumns: Int
    ) throws -> DataPass {
        network.beginPass()
        let lowering = PassLowering(operators, network, known: known, mostColumns: mostColumns)
        return try lowering.pass(values)
    }

    private func pass(_ values: [Value]) throws -> DataPass {
        var results: [(value: Value, form: DataPass.Result.Form, nodes: [Node])] = []
        for value in values {
            switch operators[value] {
            case .loss: results.append((value, .scalar, [try scaledLoss()]))
            case .prediction: results.append((value, .examples, [network.prediction]))
            case .jacobianProduct(let x): results.append((value, .examples, [try network.tangent(pieces(of: x))]))
            case .rootProduct(let root, let x):
                results.append((value, .examples, [try network.rootProduct(root, pieces(of: x))]))
            case .rootPullback(let root, let w):
                results.append((value, .parameters, try network.rootPullback(root, outputVector(w, of: root))))
            case .exampleFactors(let root):
                results.append((value, .examples, [try network.exampleFactors(root).node]))
            case .curvatureDiagonal(let curvature):
                results.append((value, .parameters, try network.diagonal(curvature)))
            case .kronecker(.factors(let options), _):
                results.append((value, .packed, try network.factors(options).nodes))
            case .kronecker(.rearrangements(let options), _):
                results.append((value, .packed, try network.rearrangements(options).nodes))
            case .kronecker(.rearrangedProducts(let options, let isTransposed), let operands):
                let packed = try packed(operands[0], .real)
                results.append(
                    (value, .packed, try network.rearrangedProducts(options, packed, isTransposed: isTransposed)))
            case .kronecker(.corrections(let options), let operands):
                results.append((value, .packed, try network.corrections(options, eigen: packed(operands[0]))))
            case .pullback(let terms): results.append((value, .parameters, try pullback(terms)))
            case .weighedGradient(let terms): results.append((value, .parameters, try weighedGradient(terms)))
            default: preconditionFailure("\(operators.text(value)) needs no data pass")
            }
        }
        let nodes = try batched(results.map { (operators.kind($0.value), $0.nodes) })
        return DataPass(
            graph: graph,
            results: zip(results, nodes).map { DataPass.Result(value: $0.value, form: $0.form, nodes: $1) },
            slots: slots, sweeps: network.sweeps)
    }

    // MARK: Terms

    /// The terms as one backward sweep. Every scale is the loss's 1/m, put on after the sums over all data.
    private func pullback(_ terms: [PullbackTerm]) throws -> [Node] {
        let isScaled = terms.contains { $0.isDerivativeOfLoss }
        var curved: (factor: Double, argument: Value)?
        var seed: Node?
        func add(_ node: Node, _ factor: Double) throws {
            let scaled = try factor == 1 ? node : graph.scale(node, by: factor)
            seed = try seed.map { try graph.add($0, scaled) } ?? scaled
        }
        // A hessian's factor comes out of the sweep; the other cotangents are divided by it.
        for term in terms { if case .hessian(let x) = term.source { curved = (term.factor, x) } }
        let unit = curved?.factor ?? (terms.count == 1 ? terms[0].factor : 1)
        for term in terms {
            let factor = term.factor / unit
            switch term.source {
            case .gradient: try add(network.gradientSeed, factor)
            case .hessian(let x): try add(network.hessianSeed(network.tangent(pieces(of: x))), factor)
            case .ggn(let x, nil): try add(network.hessianSeed(network.tangent(pieces(of: x))), factor)
            case .ggn(let x, let sampling?):
                try add(network.sampledSeed(network.tangent(pieces(of: x)), sampling), factor)
            case .empiricalFisher(let x): try add(network.empiricalSeed(network.tangent(pieces(of: x))), factor)
            case .jacobianTranspose(let w), .jacobianChain(let w):
                // Not a derivative of the loss: its divisor is undone before it is put on.
                let cotangent = try outputVector(w)
                try add(isScaled ? graph.scale(cotangent, by: network.divisor(isInverse: false)) : cotangent, factor)
            }
        }
        let pieces =
            try curved.map { try network.differentiatedPullback(along: self.pieces(of: $0.argument), seed: seed!) }
            ?? network.pullback(seed!)
        return try pieces.map { piece in
            let scaled = try isScaled ? graph.scale(piece, by: network.divisor(isInverse: true)) : piece
            return try graph.scale(scaled, by: unit)
        }
    }

    /// The gradient's own backward sweep with each example weighed by a number.
    private func weighedGradient(_ terms: [PullbackTerm]) throws -> [Node] {
        let pieces = try network.weighedGradient(
            terms.map { ($0.factor, try $0.argument.map { try self.pieces(of: $0) }) })
        return try pieces.map { try graph.scale($0, by: network.divisor(isInverse: true)) }
    }

    private func scaledLoss() throws -> Node {
        try graph.multiply(network.lossSum(), network.divisor(isInverse: true))
    }

    // MARK: Vectors

    private func slot(of value: Value) -> Int {
        if let slot = slots.firstIndex(of: value) { return slot }
        slots.append(value)
        return slots.count - 1
    }

    /// A packed vector, whole.
    private func packed(_ value: Value, _ element: ElementType = .float64) throws -> Node {
        _ = slot(of: value)
        return try graph.input(.value(value.index), TensorType(Shape(operators.kind(value).shape), element))
    }

    /// A vector in parameter space, one node for each parameter. Columns of a block come in later.
    private func pieces(of value: Value) throws -> [Node] {
        if let known = inputs[value] { return known }
        let slot = slot(of: value)
        let pieces = try network.problem.parameters.enumerated().map { index, parameter in
            try graph.input(.vector(slot: slot, parameter: index, hasColumns: false), graph.type(parameter.node))
        }
        inputs[value] = pieces
        return pieces
    }

    /// A vector in output space, of z's shape. What the Jacobian gives is used as it passes by.
    private func outputVector(_ value: Value) throws -> Node {
        if let known = outputInputs[value] { return known }
        let node: Node
        switch operators[value] {
        case _ where known.contains(value):
            node = try graph.input(.outputVector(slot: slot(of: value), hasColumns: false), graph.type(network.z))
        case .jacobianProduct(let x): node = try network.tangent(pieces(of: x))
        case .diagonalProduct(let d, let x) where operators.isComputedInPassing(x):
            node = try graph.multiply(outputVector(d), outputVector(x))
        case .combination(let terms, _) where operators.isComputedInPassing(value):
            node = try terms.map { try graph.scale(outputVector($0.value), by: $0.factor) }.reduce(nil as Node?) {
                sum, term in
                try sum.map { try graph.add($0, term) } ?? term
            }!
        default: node = try graph.input(.outputVector(slot: slot(of: value), hasColumns: false), graph.type(network.z))
        }
        outputInputs[value] = node
        return node
    }

    /// A vector with an entry for each row of a root, (examples, terms, cotangents).
    private func outputVector(_ value: Value, of root: OutputRoot) throws -> Node {
        let shape = network.problem.shape
        let type = TensorType(
            [.examples, Dimension(shape.terms), Dimension(root.curvature.columnsPerTerm(shape))])
        let node = try graph.input(.outputVector(slot: slot(of: value), hasColumns: false), type)
        outputInputs[value] = node
        return node
    }

    // MARK: Columns

    /// Adds the axis K to everything that depends on a block.
    private func batched(_ results: [(kind: Kind, nodes: [Node])]) throws -> [[Node]] {
        var images = results.map(\.nodes)
        let widths = Set(slots.compactMap { operators.kind($0).columns })
        for columns in widths.sorted() {
            let width = Stages.width(columns, most: mostColumns)
            var replacements: [Node: Node] = [:]
            for (slot, value) in slots.enumerated() where operators.kind(value).columns == columns {
                for node in (inputs[value] ?? []) + [outputInputs[value]].compactMap(\.self) {
                    guard let leaf = graph.primitive(node) as? InputLeaf, leaf.role.slot == slot else { continue }
                    let type = TensorType(leaf.type.shape.leading(width), leaf.type.element)
                    replacements[node] = try graph.input(leaf.role.withColumns, type)
                }
            }
            for index in results.indices where results[index].kind.columns == columns {
                let nodes = try graph.batch(images[index], replacements: replacements, size: width)
                // What does not depend on the block is the same in each column.
                images[index] = try zip(nodes, images[index]).map { image, single in
                    try image == single ? graph.broadcastLeading(single, size: width) : image
                }
            }
        }
        return images
    }
}

extension InputLeaf.Role {
    /// The vector that a leaf is, or is a piece of.
    var slot: Int? {
        switch self {
        case .vector(let slot, _, _), .outputVector(let slot, _): slot
        default: nil
        }
    }
    /// The same with a leading K.
    fileprivate var withColumns: Self {
        switch self {
        case .vector(let slot, let parameter, _): .vector(slot: slot, parameter: parameter, hasColumns: true)
        case .outputVector(let slot, _): .outputVector(slot: slot, hasColumns: true)
        default: self
        }
    }
}

extension Kind {
    /// k of a block.
    package var columns: Int? { if case .block(_, let columns) = self { columns } else { nil } }
}
