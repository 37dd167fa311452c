import TensorIR

/// Z with Z^T Z = scale * curvature, as products and as what Z Z^T is made of.
extension NetworkLowering {
    /// Z v for the pieces v of a vector, (examples, terms, cotangents).
    func rootProduct(_ root: OutputRoot, _ vector: [Node]) throws -> Node {
        let tangent = try tangent(vector)
        let cotangents = try outputCotangents(root)
        guard cotangents.columns != nil else {
            return try graph.expand(graph.sum(graph.multiply(cotangents.node, tangent), axes: [2]), at: 2)
        }
        return try graph.contract(
            cotangents.node, [Axis.column, Axis.example, Axis.term, Axis.output], tangent,
            [Axis.example, Axis.term, Axis.output], to: [Axis.example, Axis.term, Axis.column])
    }

    /// Z^T w for w of (examples, terms, cotangents): a piece for each parameter.
    func rootPullback(_ root: OutputRoot, _ w: Node) throws -> [Node] {
        let cotangents = try outputCotangents(root)
        guard cotangents.columns != nil else {
            let factor = try graph.reshape(w, graph.shape(w).removing(axes: [2]))
            return try pullback(
                graph.multiply(cotangents.node, graph.broadcast(factor, like: cotangents.node, without: [2])))
        }
        let seed = try graph.contract(
            cotangents.node, [Axis.column, Axis.example, Axis.term, Axis.output], w,
            [Axis.example, Axis.term, Axis.column], to: [Axis.example, Axis.term, Axis.output])
        return try pullback(seed)
    }

    private enum Axis { static let (column, example, term, output) = (0, 1, 2, 3) }

    /// The cotangents of all terms, scaled so that their outer products are the scaled curvature.
    private func outputCotangents(_ root: OutputRoot) throws -> Cotangents {
        var cotangents = try cotangents(root.curvature.cotangents)!
        cotangents.node = try scaled(cotangents.node, root, cotangents.factor)
        return cotangents
    }

    private func scaled(_ node: Node, _ root: OutputRoot, _ factor: Double) throws -> Node {
        let scaled = try graph.scale(node, by: graph.sqrt(divisor(isInverse: true)))
        let constant = (root.scale * factor).squareRoot()
        return try constant == 1 ? scaled : graph.scale(scaled, by: constant)
    }

    // MARK: What the rows of Z are made of

    /// The longest one-hot vector that a row of a table becomes.
    private static let mostRows = 1024

    /// Inputs and output gradients for every row of Z, (examples, width), laid out as the layout says.
    ///
    /// - Throws: ``UnsupportedUse`` where a parameter's gradients are not known example by example.
    func exampleFactors(_ root: OutputRoot) throws -> (node: Node, layout: ExampleFactorLayout) {
        let examples = try ExampleGradients(self)
        if let index = examples.isSupported.firstIndex(of: false) {
            throw UnsupportedUse(
                reason:
                    "gradients of \(OneLine.quotedName(problem.parameters[index].name)) are not known example by example"
            )
        }
        let cotangents = try cotangents(root.curvature.cotangents, termsApart: true)!
        let columns = cotangents.columns ?? 1
        var layout = ExampleFactorLayout(columns: columns)
        var parts: [Node] = []
        var starts: [Node: Int] = [:]
        func place(_ node: Node) throws -> Int {
            if let start = starts[node] { return start }
            let flat = try graph.reshape(node, [graph.shape(node)[0], Dimension(graph.shape(node).factor)])
            defer { layout.width += graph.shape(node).factor }
            starts[node] = layout.width
            parts.append(flat)
            return layout.width
        }
        for (index, uses) in try examples.gradients(cotangents).enumerated() where !uses.isEmpty {
            let (input, gradient) = try joined(
                uses, hasColumns: cotangents.columns != nil, problem.parameters[index].name)
            let own = try scaled(gradient, root, cotangents.factor)
            let (positions, outputs) = (graph.shape(own)[2].inner, graph.shape(own)[3].inner)
            guard let input else {
                let whole = try graph.sum(own, axes: [2])
                layout.pieces.append(
                    .init(positions: 1, inputs: nil, outputs: outputs, outputStart: try place(whole)))
                continue
            }
            let inputs = graph.shape(input)[2].inner
            // A gradient that is smaller than what it is made of.
            if positions > 1, columns * outputs * inputs <= positions * (inputs + columns * outputs) {
                let whole = try graph.contract(
                    own, [Axis.example, Axis.column, Axis.term, Axis.output], input, [Axis.example, Axis.term, 4],
                    to: [Axis.example, Axis.column, Axis.output, 4])
                layout.pieces.append(
                    .init(positions: 1, inputs: nil, outputs: outputs * inputs, outputStart: try place(whole)))
                continue
            }
            layout.pieces.append(
                .init(
                    positions: positions, inputs: inputs, outputs: outputs, inputStart: try place(input),
                    outputStart: try place(own)))
        }
        guard !parts.isEmpty else { throw UnsupportedUse(reason: "no parameter meets the data") }
        return (try graph.concatenate(parts, axis: 1), layout)
    }

    /// All uses of a parameter as positions of one: inputs (examples, positions, inputs) and output gradients (examples, columns, positions, outputs).
    private func joined(_ uses: [UseValues], hasColumns: Bool, _ name: String) throws -> (input: Node?, gradient: Node)
    {
        guard uses.allSatisfy({ $0.layout == uses[0].layout }) else {
            throw UnsupportedUse(reason: "\(OneLine.quotedName(name)) is used in several roles")
        }
        let gradients = try uses.map { use in
            hasColumns ? try graph.permute(use.output, [1, 0, 2, 3]) : try graph.expand(use.output, at: 1)
        }
        let inputs = try uses.map { use -> Node? in
            switch use.input {
            case .none: return nil
            case .dense(let input): return input
            case .rows(let rows):
                let count = use.layout.inputs
                guard count <= Self.mostRows else {
                    throw UnsupportedUse(
                        reason: "the table \(OneLine.quotedName(name)) has more than \(Self.mostRows) rows")
                }
                return try graph.oneHot(rows, count: count)
            }
        }
        let known = inputs.compactMap(\.self)
        guard known.isEmpty || known.count == uses.count else {
            throw UnsupportedUse(reason: "\(OneLine.quotedName(name)) is used in several roles")
        }
        func together(_ nodes: [Node], axis: Int) throws -> Node {
            nodes.count == 1 ? nodes[0] : try graph.concatenate(nodes, axis: axis)
        }
        return (known.isEmpty ? nil : try together(known, axis: 1), try together(gradients, axis: 2))
    }
}

extension NetworkLowering {
    /// What the rows of roots are made of, for curvature whose gradients the structure gives example by example.
    func exampleFactorLayouts(_ curvatures: Set<OuterProductCurvature>) throws -> [OuterProductCurvature:
        ExampleFactorLayout]
    {
        var layouts: [OuterProductCurvature: ExampleFactorLayout] = [:]
        for curvature in curvatures.sorted(by: { $0.text < $1.text }) {
            do {
                layouts[curvature] = try exampleFactors(OutputRoot(curvature: curvature, scale: 1)).layout
            } catch is UnsupportedUse {
                continue
            }
        }
        return layouts
    }
}
