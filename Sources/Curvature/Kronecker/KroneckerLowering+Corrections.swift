import TensorIR

/// EKFAC: the second moments of per-example gradients in the factors' eigenbases.
extension KroneckerLowering {
    /// What the eigenvalues of one layer's blocks are replaced by.
    struct Corrections {
        /// (outputs, inputs), with the bias's column where they are joint.
        var weight: Node?
        /// (outputs).
        var bias: Node?
    }
    /// The eigenvectors of a layer's factors as columns. A table's input factor is diagonal and needs none.
    struct Bases {
        var output: Node
        var input: Node?
        /// Of the bias's own block, where that is not the weight's output factor.
        var bias: Node?
    }

    /// The eigenvalues of all blocks that are corrected, in packed order.
    ///
    /// - Parameter eigen: Packed eigendecompositions of the factors with this layout.
    func corrections(_ layout: FactorLayout, eigen: Node) throws -> [Node] {
        func basis(_ factor: FactorLayout.Factor) throws -> Node {
            let size = factor.size
            let rows = try graph.slice(eigen, axis: 0, start: factor.eigen! + size, count: size * size)
            return try graph.permute(graph.cast(graph.reshape(rows, Shape([size, size])), to: .real), [1, 0])
        }
        func full(_ block: FactorLayout.Block) throws -> Node? {
            guard case .single(let factor?, _) = block.form, block.correction != nil else { return nil }
            return try basis(factor)
        }
        var remaining = layout.blocks[...]
        let bases = try layers.map { layer -> Bases? in
            let weight = layer.weight == nil ? nil : remaining.removeFirst()
            let bias = layer.bias == nil || isJoint(layer) ? nil : try full(remaining.removeFirst())
            if case .kronecker(_, let output?, _, let input, _)? = weight?.form {
                return Bases(output: try basis(output), input: input.isDiagonal ? nil : try basis(input), bias: bias)
            }
            return bias.map { Bases(output: $0, bias: $0) }
        }
        return try corrections(bases).flatMap { [$0?.weight, $0?.bias].compactMap(\.self) }
    }

    /// - Parameter bases: For each layer; nil where a layer has no Kronecker block.
    func corrections(_ bases: [Bases?]) throws -> [Corrections?] {
        guard let cotangents = try network.cotangents(options) else {
            throw ProblemError(
                .options,
                "ekfac: fisher=forward_only has no gradients to correct with; expected type2, mc or empirical")
        }
        return try zip(gradients(cotangents), bases).map { gradients, bases in
            try bases.map { try corrections(gradients, $0, cotangents.factor) }
        }
    }

    private func corrections(_ gradients: LayerGradients, _ bases: Bases, _ factor: Double) throws -> Corrections {
        var corrections = Corrections()
        let layer = gradients.layer
        if layer.bias != nil, !isJoint(layer) {
            let sum = try summed(gradients.uses.compactMap(\.bias), gradients)
            let turned = try rotated(sum, bases.bias ?? bases.output)
            let axes = Array(0..<(graph.shape(turned).rank - 1))
            corrections.bias = try scaled(graph.sum(graph.square(turned), axes: axes, wide: true), factor)
        }
        switch layer.role {
        case .affine, .table:
            let sum = try secondMoments(gradients, bases)
            corrections.weight = try scaled(sum, factor)
        case .bias, .elementwise, .unused: break
        }
        return corrections
    }

    /// x Q along the last axis.
    private func rotated(_ x: Node, _ basis: Node) throws -> Node {
        let lead = Array(0..<(graph.shape(x).rank - 1))
        return try graph.contract(
            x, lead + [lead.count], basis, [lead.count, lead.count + 1], to: lead + [lead.count + 1])
    }

    /// sum_kn (Q_B^T P_kn Q_A)^2 entrywise. Gradients and inputs are turned before they meet, so that a single position needs no P.
    private func secondMoments(_ gradients: LayerGradients, _ bases: Bases) throws -> Node {
        let isSingle = gradients.uses.count == 1 && gradients.uses[0].weight!.positions(in: graph, gradients) == 1
        var uses = gradients
        for index in uses.uses.indices {
            uses.uses[index].weight!.output = try rotated(gradients.uses[index].weight!.output, bases.output)
        }
        func turned(_ input: Node) throws -> Node { try bases.input.map { try rotated(input, $0) } ?? input }
        if isSingle {
            // The square of a product with one term is the product of the squares.
            let use = uses.uses[0]
            var squares = try graph.square(use.weight!.output)
            if gradients.columns != nil { squares = try graph.sum(squares, axes: [0]) }
            if case .rows(let rows) = use.weight!.input, case .table(let layout) = gradients.layer.role {
                let sums = try graph.append(ScatterAdd(rows: layout.inputs), squares, rows)
                return try graph.permute(sums, [1, 0])
            }
            let input = try graph.square(turned(denseInput(use, gradients.layer)))
            return try graph.contract(squares, [0, 1, 2], input, [0, 1, 3], to: [2, 3])
        }
        let products = try exampleGradients(uses, turned)
        return try graph.sum(
            graph.square(products), axes: gradients.columns == nil ? [0] : [0, 1], wide: true)
    }

    /// A use's inputs, with the bias's 1 where they are joint.
    func denseInput(_ use: LayerGradients.Use, _ layer: FactoredLayer) throws -> Node {
        guard case .dense(let input) = use.weight!.input else { preconditionFailure("a table has no dense inputs") }
        return try isJoint(layer) ? extended(input, by: use.bias == nil ? 0 : 1) : input
    }

    /// P_kn = sum_s G a^T, (columns, examples, outputs, inputs), the columns only where there are several; `turned` is applied to inputs.
    func exampleGradients(
        _ gradients: LayerGradients, _ turned: (Node) throws -> Node = { $0 }
    ) throws -> Node {
        typealias L = LayerGradients
        let kept = gradients.lead.dropLast()
        var sum: Node?
        for use in gradients.uses {
            let values = use.weight!
            let own: Node
            if case .rows(let rows) = values.input, case .table(let layout) = gradients.layer.role {
                let lead = gradients.columns == nil ? 0 : 1
                let scattered = try graph.append(
                    ScatterAdd(rows: layout.inputs, lead: lead, batchAxes: 1), values.output, rows)
                own = try graph.permute(scattered, Array(0...lead) + [lead + 2, lead + 1])
            } else {
                own = try graph.contract(
                    values.output, gradients.lead + [L.first], turned(denseInput(use, gradients.layer)),
                    [L.example, L.position, L.second], to: kept + [L.first, L.second])
            }
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        return sum!
    }
}

extension UseValues {
    func positions(in graph: TensorGraph, _ gradients: LayerGradients) -> Int {
        graph.shape(output)[gradients.positionAxis].inner
    }
}
