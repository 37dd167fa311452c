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

    /// Whether Rg, outputs^2 x inputs^2, is small enough to be formed: 2^24 entries.
    func formsRearrangement(_ layer: FactoredLayer) -> Bool {
        guard let (outputs, inputs) = matrixSize(layer) else { return false }
        let (rows, columns) = (outputs * outputs, inputs * inputs)
        return columns <= (1 << 24) / max(1, rows)
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
        let use = gradients.uses[0]
        if gradients.uses.count == 1, use.weight!.positions(in: graph, gradients) == 1, case .dense = use.weight!.input
        {
            // One position: P is a product, and so is each example's part of Rg.
            let output = use.weight!.output
            let outer = try graph.contract(
                output, gradients.lead + [L.first], output, gradients.lead + [L.second],
                to: [L.example, L.first, L.second])
            let input = try denseInput(use, gradients.layer)
            let labels = [L.example, L.position]
            let inner = try graph.contract(
                input, labels + [L.third], input, labels + [L.fourth], to: [L.example, L.third, L.fourth])
            let sum = try graph.contract(
                outer, [L.example, L.first, L.second], inner, [L.example, L.third, L.fourth],
                to: [L.first, L.second, L.third, L.fourth])
            return try scaled(sum, factor)
        }
        let products = try exampleGradients(gradients)
        let lead = Array(gradients.lead.dropLast())
        let sum = try graph.contract(
            products, lead + [L.first, L.third], products, lead + [L.second, L.fourth],
            to: [L.first, L.second, L.third, L.fourth])
        return try scaled(sum, factor)
    }

    /// Rg vec(M) = vec(sum P M P^T), for M (inputs, inputs): one pass of a power iteration where Rg is too large.
    func rearranged(_ gradients: LayerGradients, times matrix: Node, _ factor: Double) throws -> Node {
        typealias L = LayerGradients
        let lead = Array(gradients.lead.dropLast())
        let products = try exampleGradients(gradients)
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
        let lead = Array(gradients.lead.dropLast())
        let products = try exampleGradients(gradients)
        let left = try graph.contract(
            matrix, [L.first, L.second], products, lead + [L.second, L.third], to: lead + [L.first, L.third])
        return try scaled(
            graph.contract(
                products, lead + [L.first, L.second], left, lead + [L.first, L.third], to: [L.second, L.third]),
            factor)
    }

    /// A bias's own block: exact.
    func exactBias(_ gradients: LayerGradients, _ factor: Double) throws -> Node {
        try scaled(gram(summed(gradients.uses.compactMap(\.bias), gradients)), factor)
    }
}
