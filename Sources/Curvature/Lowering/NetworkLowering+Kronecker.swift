import TensorIR

/// What is known of the Kronecker-factored curvatures of a network, each once.
struct KroneckerNodes {
    typealias Factors = (layout: FactorLayout, nodes: [Node])
    /// The layout of the factors, that of what they come from, and its nodes.
    typealias Rearrangements = (factors: FactorLayout, layout: RearrangementLayout, nodes: [Node])

    var factors: [KroneckerOptions: Factors] = [:]
    var rearrangements: [KroneckerOptions: Rearrangements] = [:]
    var corrections: [KroneckerOptions: [Node: [Node]]] = [:]
}

extension NetworkLowering {
    /// The factors of `kfac`, as nodes in the order in which they are packed.
    func factors(_ options: KroneckerOptions) throws -> KroneckerNodes.Factors {
        let known = try knownFactors(options)
        ask(options, known.nodes)
        return known
    }

    private func knownFactors(_ options: KroneckerOptions) throws -> KroneckerNodes.Factors {
        if let known = kronecker.factors[options] { return known }
        let factors = try KroneckerLowering(options, self).factors()
        let (layout, nodes) = FactorLayout.make(factors, graph)
        let known = (layout, try nodes.map { try graph.cast($0, to: .float64) })
        kronecker.factors[options] = known
        return known
    }

    /// What the factors of `kfoc` are worked out from.
    func rearrangements(_ options: KroneckerOptions) throws -> KroneckerNodes.Rearrangements {
        if kronecker.rearrangements[options] == nil {
            kronecker.rearrangements[options] = try KroneckerLowering(options, self).rearrangements()
        }
        let known = kronecker.rearrangements[options]!
        ask(options, known.nodes)
        return known
    }

    /// Products with the rearranged blocks of `kfoc` that are too large to be there.
    func rearrangedProducts(_ options: KroneckerOptions, _ packed: Node, isTransposed: Bool) throws -> [Node] {
        let products = try KroneckerLowering(options, self).rearrangedProducts(packed, isTransposed: isTransposed)
        ask(options, products)
        return try products.map { try graph.cast($0, to: .real) }
    }

    /// The eigenvalues of `ekfac` in the eigenbases that `eigen`, packed, has.
    func corrections(_ options: KroneckerOptions, eigen: Node) throws -> [Node] {
        let layout = try knownFactors(options.factors).layout
        if kronecker.corrections[options]?[eigen] == nil {
            kronecker.corrections[options, default: [:]][eigen] = try KroneckerLowering(options, self).corrections(
                layout, eigen: eigen)
        }
        let known = kronecker.corrections[options]![eigen]!
        ask(options, known)
        return known
    }

    private func ask(_ options: KroneckerOptions, _ nodes: [Node]) {
        switch options.fisher {
        // With the data's own labels it is the gradient's sweep, unless terms are sent back apart.
        case .empirical where options.form != .kfoc || problem.shape.terms == 1: ask(.backward(outputGradient))
        case .mc, .type2, .empirical: ask(.weighed(nodes))
        case .forwardOnly: break
        }
    }
}
