import TensorIR

/// Output gradients and inputs of a layer's uses, for all cotangents of a Fisher.
struct LayerGradients {
    struct Use {
        /// Output gradients (columns, examples, positions, outputs), the columns only where there are several.
        var weight: UseValues?
        var bias: UseValues?
    }
    var layer: FactoredLayer
    var uses: [Use]
    /// Columns, where the values have an axis for them.
    var columns: Int?

    /// Labels of the axes before the outputs; `examples` and `positions` are those of the inputs.
    static let (column, example, position, first, second, third, fourth) = (0, 1, 2, 3, 4, 5, 6)
    var lead: [Int] { columns == nil ? [Self.example, Self.position] : [Self.column, Self.example, Self.position] }
    var positionAxis: Int { lead.count - 1 }
}

/// The vectors that are sent back through the network, before the loss's 1/sqrt(m).
struct Cotangents {
    /// Of the predictions' shape, with the columns in front where there are several.
    var node: Node
    var columns: Int?
    /// What squares of the gradients are multiplied with: 1/Y for Y draws.
    var factor = 1.0
}

extension Cotangents {
    /// What a sweep for the single cotangent `stand` gives, for every column of these: (columns, ...) each.
    func columns(_ nodes: [Node], standingIn stand: Node, in graph: TensorGraph) throws -> [Node] {
        let size = columns!
        let all = try graph.batch(nodes, replacements: [stand: node], size: size)
        // What does not depend on the cotangent is zero, in each column.
        return try zip(all, nodes).map { try $0 == $1 ? graph.broadcastLeading($0, size: size) : $0 }
    }
}

extension NetworkLowering {
    /// - Parameter apart: Whether each term is sent back by itself, so that the gradients of different terms do not mix.
    func cotangents(_ options: KroneckerOptions, termsApart apart: Bool = false) throws -> Cotangents? {
        let (terms, outputs) = (problem.shape.terms, problem.shape.outputs)
        switch options.fisher {
        case .forwardOnly: return nil
        case .type2:
            let root = Cotangents(node: try self.terms.hessianRoot(z, in: graph), columns: outputs)
            return try apart && terms > 1 ? termsApart(root) : single(root)
        case .empirical:
            let gradient = Cotangents(node: gradientSeed, columns: nil)
            return try apart && terms > 1 ? termsApart(gradient) : gradient
        case .mc:
            let scores = try self.terms.scores(z, samples: options.samples, seed: options.seed, in: graph)
            let draws = Cotangents(node: scores, columns: options.samples, factor: 1 / Double(options.samples))
            return try apart && terms > 1 ? termsApart(draws) : single(draws)
        }
    }

    /// One column needs no axis.
    private func single(_ cotangents: Cotangents) throws -> Cotangents {
        guard cotangents.columns == 1 else { return cotangents }
        return Cotangents(
            node: try graph.reshape(cotangents.node, graph.shape(z)), columns: nil, factor: cotangents.factor)
    }

    private func termsApart(_ cotangents: Cotangents) throws -> Cotangents {
        let terms = problem.shape.terms
        let shape = graph.shape(cotangents.node)
        let rank = shape.rank
        let wide = shape.leading(terms)
        let alone = try graph.multiply(
            graph.onDiagonal(wide, 0, rank - 1), graph.broadcastLeading(cotangents.node, size: terms))
        let columns = terms * (cotangents.columns ?? 1)
        return Cotangents(
            node: try graph.reshape(alone, graph.shape(z).leading(columns)), columns: columns,
            factor: cotangents.factor)
    }
}
