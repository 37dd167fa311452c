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

    /// sum_kn (Q_B^T P_kn Q_A)^2 entrywise.
    private func secondMoments(_ gradients: LayerGradients, _ bases: Bases) throws -> Node {
        var turned = gradients
        for index in turned.uses.indices {
            turned.uses[index].weight!.output = try rotated(gradients.uses[index].weight!.output, bases.output)
        }
        return try exampleProducts(turned).squares(basis: bases.input)
    }

    /// P_kn, (columns, examples, outputs, inputs), with the bias's column where they are joint.
    func exampleProducts(_ gradients: LayerGradients) -> ExampleProductLowering {
        let isJoint = isJoint(gradients.layer)
        return ExampleProductLowering(
            graph: graph,
            uses: gradients.uses.map { use in
                ExampleProductLowering.Use(
                    values: use.weight!, last: isJoint ? (use.bias == nil ? 0 : 1) : nil)
            }, hasColumns: gradients.columns != nil)
    }
}
