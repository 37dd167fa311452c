import TensorIR

/// KFOC: the rearranged curvature Rg[(i,k),(j,l)] = sum_kn P[i,j] P[k,l], whose top singular vectors are the best single Kronecker
/// product (Van Loan and Pitsianis 1993).
extension KroneckerLowering {
    /// Gradients with each term sent back by itself, so that sum vec(P) vec(P)^T is the exact block. Labels that are drawn have no cross terms
    /// in expectation, and are sent back together.
    func gradientsApart() throws -> (gradients: [LayerGradients], factor: Double) {
        guard options.fisher != .forwardOnly, options.weightSharing == .expand else {
            throw ProblemError(
                .options,
                "kfoc: expected fisher=type2, mc or empirical with weight_sharing=expand, found fisher=\(options.fisher.rawValue) with weight_sharing=\(options.weightSharing.rawValue)"
            )
        }
        let cotangents = try network.cotangents(options, termsApart: options.fisher != .mc)!
        return (try gradients(cotangents), cotangents.factor)
    }

    /// Entries of the largest Rg that is formed; tests lower it.
    @TaskLocal static var largestRearrangement = 1 << 24

    /// Whether Rg, outputs^2 x inputs^2, is small enough to be formed.
    func formsRearrangement(_ layer: FactoredLayer) -> Bool {
        guard let (outputs, inputs) = matrixSize(layer) else { return false }
        let (rows, columns) = (outputs * outputs, inputs * inputs)
        return columns <= Self.largestRearrangement / max(1, rows)
    }
    /// The matrix that a layer's block is on, with the bias's column where they are joint.
    func matrixSize(_ layer: FactoredLayer) -> (outputs: Int, inputs: Int)? {
        switch layer.role {
        case .affine(let layout): (layout.outputs, layout.inputs + (isJoint(layer) ? 1 : 0))
        case .table(let layout): (layout.outputs, layout.inputs)
        case .bias, .elementwise, .unused: nil
        }
    }

    /// Rg as (outputs, outputs, inputs, inputs), scaled.
    func rearrangement(_ gradients: LayerGradients, _ factor: Double) throws -> Node {
        typealias L = LayerGradients
        if let (output, input) = try singlePosition(gradients) {
            // P is a product, and so is each example's part of Rg.
            let outer = try graph.contract(
                output, gradients.lead + [L.first], output, gradients.lead + [L.second],
                to: [L.example, L.first, L.second])
            let labels = [L.example, L.position]
            let inner = try graph.contract(
                input, labels + [L.third], input, labels + [L.fourth], to: [L.example, L.third, L.fourth])
            let sum = try graph.contract(
                outer, [L.example, L.first, L.second], inner, [L.example, L.third, L.fourth],
                to: [L.first, L.second, L.third, L.fourth])
            return try scaled(sum, factor)
        }
        let products = try exampleProducts(gradients).products()
        let lead = Array(gradients.lead.dropLast())
        let sum = try graph.contract(
            products, lead + [L.first, L.third], products, lead + [L.second, L.fourth],
            to: [L.first, L.second, L.third, L.fourth])
        return try scaled(sum, factor)
    }

    /// Output gradients and inputs of a layer in which they meet once, so that P = g a^T; nil for others.
    private func singlePosition(_ gradients: LayerGradients) throws -> (output: Node, input: Node)? {
        let use = gradients.uses[0]
        guard gradients.uses.count == 1, graph.shape(use.weight!.output)[gradients.positionAxis] == 1,
            case .dense(let input) = use.weight!.input
        else { return nil }
        let isExtended = isJoint(gradients.layer)
        return (use.weight!.output, try isExtended ? graph.extended(input, by: use.bias == nil ? 0 : 1) : input)
    }

    /// Rg vec(M) = vec(sum P M P^T), for M (inputs, inputs): one pass of a power iteration where Rg is too large.
    func rearranged(_ gradients: LayerGradients, times matrix: Node, _ factor: Double) throws -> Node {
        typealias L = LayerGradients
        if let (output, input) = try singlePosition(gradients) {
            // (a^T M a) g g^T
            let weighed = try weighed(output, gradients.lead, by: form(input, [L.example, L.position], matrix))
            return try scaled(
                graph.contract(
                    weighed, gradients.lead + [L.first], output, gradients.lead + [L.second], to: [L.first, L.second]),
                factor)
        }
        let lead = Array(gradients.lead.dropLast())
        let products = try exampleProducts(gradients).products()
        let right = try graph.contract(
            products, lead + [L.first, L.second], matrix, [L.second, L.third], to: lead + [L.first, L.third])
        return try scaled(
            graph.contract(
                right, lead + [L.first, L.third], products, lead + [L.second, L.third], to: [L.first, L.second]),
            factor)
    }
    /// Rg^T vec(U) = vec(sum P^T U P), for U (outputs, outputs).
    func rearranged(_ gradients: LayerGradients, transposedTimes matrix: Node, _ factor: Double) throws -> Node {
        typealias L = LayerGradients
        if let (output, input) = try singlePosition(gradients) {
            // sum_k (g^T U g) a a^T
            let labels = [L.example, L.position]
            let weighed = try weighed(input, labels, by: form(output, gradients.lead, matrix))
            return try scaled(
                graph.contract(weighed, labels + [L.first], input, labels + [L.second], to: [L.first, L.second]),
                factor)
        }
        let lead = Array(gradients.lead.dropLast())
        let products = try exampleProducts(gradients).products()
        let left = try graph.contract(
            matrix, [L.first, L.second], products, lead + [L.second, L.third], to: lead + [L.first, L.third])
        return try scaled(
            graph.contract(
                products, lead + [L.first, L.second], left, lead + [L.first, L.third], to: [L.second, L.third]),
            factor)
    }

    /// x^T M x for each example, summed over its columns.
    private func form(_ x: Node, _ lead: [Int], _ matrix: Node) throws -> Node {
        typealias L = LayerGradients
        let image = try graph.contract(x, lead + [L.first], matrix, [L.first, L.second], to: lead + [L.second])
        return try graph.contract(image, lead + [L.first], x, lead + [L.first], to: [L.example])
    }
    private func weighed(_ x: Node, _ lead: [Int], by weights: Node) throws -> Node {
        try graph.multiply(
            x,
            graph.broadcast(weights, to: graph.shape(x), axes: [lead.firstIndex(of: LayerGradients.example)!]))
    }

    /// A bias's own block: exact.
    func exactBias(_ gradients: LayerGradients, _ factor: Double) throws -> Node {
        try scaled(gram(summed(gradients.uses.compactMap(\.bias), gradients)), factor)
    }
}
