import TensorIR

/// The gradients of a matrix, example by example: P_kn = sum over uses and positions of g a^T for each column k of output gradients and each example n.
/// What convolutions see is unfolded a few windows at a time, and a table has no columns but those that are picked.
struct ExampleProductLowering {
    struct Use {
        /// Output gradients (columns, examples, positions, outputs), the columns only where there are several.
        var values: UseValues
        /// An entry behind the inputs: that of a bias, where it is joint.
        var last: Double?
    }
    let graph: TensorGraph
    /// All of matrices, or all of rows of tables.
    let uses: [Use]
    let hasColumns: Bool

    private typealias Labels = LayerGradients
    private var lead: [Int] { hasColumns ? [Labels.column, Labels.example] : [Labels.example] }
    private var positionAxis: Int { lead.count }
    private func positions(_ use: Use) -> Int { graph.shape(use.values.output)[positionAxis].inner }
    private var outputs: Int { uses[0].values.layout.outputs }
    private var columns: Int { hasColumns ? graph.shape(uses[0].values.output)[0].inner : 1 }

    /// (columns, examples, outputs, inputs), the columns only where there are several.
    func products() throws -> Node {
        if let (output, rows) = try picked() {
            let scattered = try graph.append(
                ScatterAdd(rows: uses[0].values.layout.inputs, lead: lead.count - 1, batchAxes: 1), output, rows)
            return try graph.permute(scattered, lead.indices + [lead.count + 1, lead.count])
        }
        guard uses.contains(where: { $0.values.patches != nil }) else {
            let products = try uses.map { use in
                try graph.contract(
                    use.values.output, lead + [Labels.position, Labels.first], dense(use),
                    [Labels.example, Labels.position, Labels.second], to: lead + [Labels.first, Labels.second])
            }
            return try products.dropFirst().reduce(products[0]) { try graph.add($0, $1) }
        }
        return try append(.products)
    }

    /// The sum over columns and examples of the squares of P's entries, or of those of P Q: (outputs, inputs).
    ///
    /// - Parameter basis: Q, (inputs, inputs); none for tables.
    func squares(basis: Node? = nil) throws -> Node {
        if let (output, rows) = try picked() {
            var combined = output
            if graph.shape(rows)[1] != 1 {
                // The squares of sums: gradients of one row are added up where it is picked first.
                let first = try graph.append(FirstOccurrence(rows: uses[0].values.layout.inputs), rows)
                let positions = graph.shape(rows)[1].inner
                combined = try graph.append(
                    ScatterAdd(rows: positions, lead: lead.count - 1, batchAxes: 1), output, first)
            }
            let sums = try graph.append(
                ScatterAdd(rows: uses[0].values.layout.inputs), columnSum(graph.square(combined)), rows)
            return try graph.permute(sums, [1, 0])
        }
        if uses.count == 1, positions(uses[0]) == 1 {
            // The square of a product with one term is the product of the squares.
            let input = try basis.map { try turned(dense(uses[0]), $0) } ?? dense(uses[0])
            let labels = [Labels.example, Labels.position]
            return try graph.contract(
                columnSum(graph.square(uses[0].values.output)), labels + [Labels.first], graph.square(input),
                labels + [Labels.second], to: [Labels.first, Labels.second])
        }
        let isUnfolded = uses.contains { $0.values.patches != nil }
        if let basis, !isUnfolded, uses.reduce(0, { $0 + positions($1) }) < columns * outputs {
            // One product for all examples.
            let turned = try uses.map { use in
                var own = use.values
                own.input = .dense(try self.turned(dense(use), basis))
                return Use(values: own)
            }
            return try ExampleProductLowering(graph: graph, uses: turned, hasColumns: hasColumns).squares()
        }
        return try append(.squares(isTurned: basis != nil), basis)
    }

    private func append(_ result: ExampleProducts.Result, _ basis: Node? = nil) throws -> Node {
        var inputs: [ExampleProducts.Input] = []
        var operands: [Node] = []
        for use in uses {
            operands.append(use.values.output)
            if let patches = use.values.patches {
                inputs.append(.patches(patches.geometry, taps: patches.taps, isExtended: use.last != nil))
                operands.append(patches.image)
                if let last = use.last { operands.append(try graph.filled(last, [.examples])) }
            } else {
                inputs.append(.dense)
                operands.append(try dense(use))
            }
        }
        if let basis { operands.append(basis) }
        return try graph.append(ExampleProducts(inputs, hasColumns: hasColumns, result), operands)
    }

    // MARK: Inputs

    /// All picked rows as positions of one use, with their output gradients; nil where there is no table.
    private func picked() throws -> (output: Node, rows: Node)? {
        let rows = uses.compactMap { use in
            if case .rows(let rows) = use.values.input { rows } else { Node?.none }
        }
        guard !rows.isEmpty else { return nil }
        precondition(rows.count == uses.count, "a table that is a matrix too")
        if rows.count == 1 { return (uses[0].values.output, rows[0]) }
        return (
            try graph.concatenate(uses.map(\.values.output), axis: positionAxis), try graph.concatenate(rows, axis: 1)
        )
    }

    /// A use's inputs, with the entry behind them.
    private func dense(_ use: Use) throws -> Node {
        guard case .dense(let input) = use.values.input else { preconditionFailure("inputs that are no vectors") }
        return try use.last.map { try graph.extended(input, by: $0) } ?? input
    }

    private func turned(_ x: Node, _ basis: Node) throws -> Node {
        try graph.contract(x, [0, 1, 2], basis, [2, 3], to: [0, 1, 3])
    }
    private func columnSum(_ x: Node) throws -> Node { try hasColumns ? graph.sum(x, axes: [0]) : x }
}

extension TensorGraph {
    /// Inputs (examples, positions, inputs) with another entry behind them.
    func extended(_ input: Node, by last: Double) throws -> Node {
        var shape = shape(input)
        shape[2] = 1
        return try concatenate([input, filled(last, shape)], axis: 2)
    }
}
