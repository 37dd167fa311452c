import TensorIR

/// Lowers the factors of Kronecker-factored curvature into the network's tensor graph. They are nodes like any other: forward sweeps
/// are shared with whatever else the graph computes, and the empirical Fisher's backward sweep is the gradient's.
struct KroneckerLowering {
    let options: KroneckerOptions
    let network: NetworkLowering
    let layers: [FactoredLayer]
    var graph: TensorGraph { network.graph }

    /// - Parameter name: How messages call the operator: `kfac`.
    init(_ options: KroneckerOptions, _ network: NetworkLowering, name: String? = nil) throws {
        (self.options, self.network) = (options, network)
        layers = try LayerDiscovery.layers(network, for: name ?? options.form.rawValue)
    }

    /// Whether a layer's weight and bias are one matrix.
    func isJoint(_ layer: FactoredLayer) -> Bool {
        guard case .affine = layer.role else { return false }
        return !options.separatesWeightAndBias && layer.bias != nil
    }

    // MARK: Gradients

    /// The gradients of all layers. One backward sweep for each column.
    ///
    /// - Parameter averages: Whether inputs are averaged over the positions of an example.
    func gradients(_ cotangents: Cotangents, averagingInputs averages: Bool = false) throws -> [LayerGradients] {
        guard let columns = cotangents.columns else { return try gradients(seed: cotangents.node, averages) }
        // The sweep for one column that stands for all.
        let stand = try network.standIn()
        var layers = try gradients(seed: stand, averages)
        var outputs: [Node] = []
        for layer in layers {
            for use in layer.uses { outputs += [use.weight, use.bias].compactMap { $0?.output } }
        }
        outputs = try cotangents.columns(outputs, standingIn: stand, in: graph)
        var next = 0
        func take(_ values: inout UseValues?) {
            guard values != nil else { return }
            values!.output = outputs[next]
            next += 1
        }
        for layer in layers.indices {
            layers[layer].columns = columns
            for use in layers[layer].uses.indices {
                take(&layers[layer].uses[use].weight)
                take(&layers[layer].uses[use].bias)
            }
        }
        return layers
    }

    private func gradients(seed: Node, _ averages: Bool) throws -> [LayerGradients] {
        let meetings = Set(layers.flatMap { $0.uses.map(\.parameter.meeting) }).sorted()
        let cotangents = try network.cotangents(of: meetings, seed: seed)
        return try layers.map { layer in
            let uses = try layer.uses.map { use in
                let own = use.parameter
                let values = try own.values(
                    cotangents[own.meeting]!, shape: network.problem.parameters[own.parameter].shape, in: graph,
                    averagingInputs: averages)
                return LayerGradients.Use(
                    weight: layer.weight == nil ? nil : values, bias: use.hasBias ? values : nil)
            }
            return LayerGradients(layer: layer, uses: try joined(uses, of: layer), columns: nil)
        }
    }

    /// Uses of slices of a weight at which the same gradient arrives are one use, whose inputs add up: sum_s g (a + a')^T. A convolution over three axes is
    /// such a sum, and its input factor needs what its slices have in common.
    private func joined(_ uses: [LayerGradients.Use], of layer: FactoredLayer) throws -> [LayerGradients.Use] {
        var joined: [LayerGradients.Use] = []
        var places: [Node: Int] = [:]
        for (use, own) in zip(uses, layer.uses) {
            guard own.parameter.isOfSlice(in: graph), use.bias == nil, let values = use.weight,
                case .dense(let input) = values.input
            else {
                joined.append(use)
                continue
            }
            if let place = places[values.output], case .dense(let sum)? = joined[place].weight?.input {
                joined[place].weight!.input = .dense(try graph.add(sum, input))
            } else {
                places[values.output] = joined.count
                joined.append(use)
            }
        }
        return joined
    }

    // MARK: Scales

    /// What squares of gradients carry: 1/m of the loss, and 1/Y of draws; put on after the sums over all data.
    func scaled(_ sum: Node, _ factor: Double) throws -> Node {
        let scaled = try graph.scale(graph.cast(sum, to: .float64), by: network.divisor(isInverse: true))
        return try factor == 1 ? scaled : graph.scale(scaled, by: factor)
    }

    /// What each example's inputs count for, (examples); nil where all count alike.
    private func exampleWeights() throws -> Node? {
        try network.terms.termWeights(in: graph).map { try graph.mean($0, axes: [1]) }
    }

    // MARK: Sums

    /// sum x x^T over everything but the last axis, in float64.
    func gram(_ x: Node) throws -> Node {
        try graph.append(Gram(axis: graph.shape(x).rank - 1), x)
    }

    /// B: the sum over all uses.
    private func outputFactor(_ values: [UseValues], _ gradients: LayerGradients, _ factor: Double) throws -> Node {
        var sum: Node?
        for use in values {
            let isReduced = options.weightSharing == .reduce
            let output = try isReduced ? graph.sum(use.output, axes: [gradients.positionAxis]) : use.output
            let own = try gram(output)
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        return try scaled(sum!, factor)
    }

    /// A, with the bias's 1 as last input where they are joint.
    private func inputFactor(_ gradients: LayerGradients, isJoint: Bool) throws -> Node {
        let weights = try exampleWeights()
        let root = try weights.map { try graph.sqrt($0) }
        var (sum, positions) = (nil as Node?, 0)
        for use in gradients.uses {
            guard let values = use.weight, case .dense(var input) = values.input else { continue }
            if let patches = values.patches {
                let own = try patchGram(patches, root, last: isJoint ? (use.bias == nil ? 0 : 1) : nil)
                positions += patches.positions
                sum = try sum.map { try graph.add($0, own) } ?? own
                continue
            }
            if isJoint { input = try graph.extended(input, by: use.bias == nil ? 0 : 1) }
            let shape = graph.shape(input)
            if let root { input = try graph.multiply(input, graph.broadcast(root, to: shape, axes: [0])) }
            positions += shape[1].inner
            let own = try gram(input)
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        return try averaged(sum!, positions, weights)
    }
    /// The same without patches of a whole batch.
    private func patchGram(_ patches: Patches, _ root: Node?, last: Double?) throws -> Node {
        var operands = [patches.image]
        if let root { operands[0] = try graph.multiply(patches.image, exampleByExample: root) }
        if let last {
            let ones = try graph.filled(last, [.examples])
            operands.append(try root.map { try graph.multiply(ones, $0) } ?? ones)
        }
        return try graph.append(PatchGram(patches.geometry, taps: patches.taps), operands)
    }

    /// A table's A: how often each row is picked.
    private func rowFrequencies(_ gradients: LayerGradients, rows: Int) throws -> Node {
        let weights = try exampleWeights()
        let isReduced = options.weightSharing == .reduce
        var (sum, positions) = (nil as Node?, 0)
        for use in gradients.uses {
            guard let values = use.weight, case .rows(let indices) = values.input else { continue }
            let shape = graph.shape(indices)
            let own: Node
            if isReduced {
                // The diagonal of the averages' second moments.
                let ones = try graph.filled(1 / Double(shape[1].inner), shape)
                var shares = try graph.square(
                    graph.append(ScatterAdd(rows: rows, batchAxes: 1), ones, indices))
                if let weights {
                    shares = try graph.multiply(
                        shares, graph.broadcast(weights, to: graph.shape(shares), axes: [0]))
                }
                own = try graph.sum(shares, axes: [0])
                positions += 1
            } else {
                let counts =
                    try weights.map { try graph.broadcast($0, to: shape, axes: [0]) } ?? graph.filled(1, shape)
                own = try graph.append(ScatterAdd(rows: rows), counts, indices)
                positions += shape[1].inner
            }
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        return try averaged(sum!, positions, weights)
    }

    /// A sum over examples and positions, divided by their number over all data.
    private func averaged(_ sum: Node, _ positions: Int, _ weights: Node?) throws -> Node {
        let wide = try graph.cast(sum, to: .float64)
        guard let weights else {
            return try graph.scale(wide, by: 1 / (Double(network.problem.shape.examples) * Double(positions)))
        }
        let total = try graph.sum(weights, axes: [0], wide: true)
        // Where no example counts, the sum is zero too.
        let isZero = try graph.equal(total, graph.filled(0, like: total))
        let divisor = try graph.scale(
            graph.select(isZero, graph.filled(1, like: total), total), by: Double(positions))
        return try graph.divide(wide, graph.broadcast(divisor, to: graph.shape(sum), axes: []))
    }

    // MARK: Factors

    /// The factors of `kfac`, layer by layer.
    func factors() throws -> [LayerFactors] {
        let cotangents = try network.cotangents(options)
        let gradients = try gradients(
            cotangents ?? Cotangents(node: network.standIn(), columns: nil),
            averagingInputs: options.weightSharing == .reduce)
        return try gradients.map { gradients in
            try factors(gradients, cotangents)
        }
    }

    private func factors(_ gradients: LayerGradients, _ cotangents: Cotangents?) throws -> LayerFactors {
        let layer = gradients.layer
        let isJoint = isJoint(layer)
        func output(_ values: [UseValues?]) throws -> Node? {
            try cotangents.map { try outputFactor(values.compactMap(\.self), gradients, $0.factor) }
        }
        var weight: FactorBlock?
        switch layer.role {
        case .affine:
            weight = .kronecker(
                output: try output(gradients.uses.map(\.weight)), input: try inputFactor(gradients, isJoint: isJoint))
        case .table(let layout):
            weight = .table(
                output: try output(gradients.uses.map(\.weight)),
                input: try rowFrequencies(gradients, rows: layout.inputs))
        case .bias: break
        case .elementwise: weight = try cotangents.map { try elementwise(gradients, $0.factor) } ?? .identity
        case .unused:
            let count = network.problem.parameters[layer.weight!].count
            weight = .diagonal(try graph.filled(0, Shape([count])))
        }
        var bias: FactorBlock?
        if layer.bias != nil, !isJoint {
            bias = try output(gradients.uses.map(\.bias)).map(FactorBlock.full) ?? .identity
        }
        return LayerFactors(
            layer: layer, weight: weight, bias: bias, isJoint: isJoint,
            columns: cotangents.map { $0.columns ?? 1 } ?? 0)
    }

    /// The block of a parameter whose entries have gradients of their own: sums over all positions of an example, so that it is exact where
    /// each example has one term.
    func elementwise(_ gradients: LayerGradients, _ factor: Double) throws -> FactorBlock {
        let sum = try summed(gradients.uses.compactMap(\.weight), gradients)
        let rank = graph.shape(sum).rank
        if graph.shape(sum)[rank - 1].inner <= options.largestFullBlock {
            return .full(try scaled(gram(sum), factor))
        }
        return .diagonal(
            try scaled(graph.sum(graph.square(sum), axes: Array(0..<(rank - 1)), wide: true), factor))
    }

    /// Output gradients summed over the positions of an example, and over uses.
    func summed(_ values: [UseValues], _ gradients: LayerGradients) throws -> Node {
        var sum: Node?
        for use in values {
            let own = try graph.sum(use.output, axes: [gradients.positionAxis])
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        return sum!
    }
}
