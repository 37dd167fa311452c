import TensorIR

/// The exact diagonal of J^T H J and its kin: the gradient of every output column of every term of every example by itself, squared and summed.
///
/// One backward sweep with as many columns as the terms of an example have outputs in all. A matrix that is used once at one position needs no
/// gradients of single examples, for the square of a product is the product of squares; those of others are formed tile by tile. Where a parameter is used
/// in several roles they are formed batch by batch.
struct DiagonalLowering {
    private let network: NetworkLowering
    private var graph: TensorGraph { network.graph }
    private let examples: ExampleGradients
    /// Columns of a backward sweep that go together: of more, group by group.
    @TaskLocal static var mostColumns = 1024
    /// Whether the structure gives a parameter's gradients example by example.
    var isSupported: [Bool] { examples.isSupported }

    /// - Precondition: Examples do not meet.
    init(_ network: NetworkLowering) throws {
        self.network = network
        examples = try ExampleGradients(network)
    }

    /// One node for each parameter, in its shape; zeros where ``isSupported`` says no.
    func diagonal(_ curvature: OuterProductCurvature) throws -> [Node] {
        let cotangents = try network.cotangents(curvature.cotangents, termsApart: true)!
        var sums = [Node?](repeating: nil, count: network.problem.parameters.count)
        for group in try groups(cotangents) {
            for (index, uses) in try examples.gradients(group).enumerated() where !uses.isEmpty {
                let own = try squares(uses, columns: group.columns, network.problem.parameters[index].shape)
                sums[index] = try sums[index].map { try graph.add($0, own) } ?? own
            }
        }
        return try zip(sums, network.problem.parameters).map { sum, parameter in
            guard let sum else { return try graph.filled(0, Shape(parameter.shape)) }
            return try scaled(sum, cotangents.factor)
        }
    }

    private func groups(_ all: Cotangents) throws -> [Cotangents] {
        guard let columns = all.columns, columns > Self.mostColumns else { return [all] }
        return try stride(from: 0, to: columns, by: Self.mostColumns).map { start in
            let count = min(Self.mostColumns, columns - start)
            return Cotangents(
                node: try graph.slice(all.node, axis: 0, start: start, count: count), columns: count,
                factor: all.factor)
        }
    }

    /// The loss's divisor, put on after the sums over all data.
    private func scaled(_ sum: Node, _ factor: Double) throws -> Node {
        let scaled = try graph.scale(graph.cast(sum, to: .real), by: network.divisor(isInverse: true))
        return try factor == 1 ? scaled : graph.scale(scaled, by: factor)
    }

    // MARK: Squares

    /// The sum over columns and examples of the squares of a parameter's gradient.
    private func squares(_ uses: [UseValues], columns: Int?, _ shape: [Int]) throws -> Node {
        if isOneMatrix(uses) {
            return try stored(products(uses, columns).squares(), uses[0].layout, [], shape)
        }
        let gradients = try uses.map { try gradient($0, columns, shape) }
        let sum = try gradients.dropFirst().reduce(gradients[0]) { try graph.add($0, $1) }
        return try graph.sum(graph.square(sum), axes: columns == nil ? [0] : [0, 1], wide: true)
    }

    private func products(_ uses: [UseValues], _ columns: Int?) -> ExampleProductLowering {
        ExampleProductLowering(
            graph: graph, uses: uses.map { ExampleProductLowering.Use(values: $0) }, hasColumns: columns != nil)
    }
    /// Whether all are products with the same matrix, or all rows of it.
    private func isOneMatrix(_ uses: [UseValues]) -> Bool {
        func isTable(_ use: UseValues) -> Bool? {
            switch use.input {
            case .dense: false
            case .rows: true
            case .none: nil
            }
        }
        guard let first = isTable(uses[0]) else { return false }
        return uses.allSatisfy { isTable($0) == first && $0.layout == uses[0].layout }
    }

    /// The gradient of each column and example by itself, in the parameter's shape.
    private func gradient(_ use: UseValues, _ columns: Int?, _ shape: [Int]) throws -> Node {
        let lead = columns == nil ? 1 : 2
        let leading = Array(graph.shape(use.output).dimensions.prefix(lead))
        guard case .none = use.input else {
            return try stored(products([use], columns).products(), use.layout, leading, shape)
        }
        let summed = try graph.sum(use.output, axes: [lead])
        return try stored(graph.expand(summed, at: lead + 1), use.layout, leading, shape)
    }

    /// A matrix (lead, outputs, inputs) in the axes of the parameter.
    private func stored(_ matrix: Node, _ layout: MatrixLayout, _ lead: [Dimension], _ shape: [Int]) throws -> Node {
        let own = layout.outputAxes + layout.inputAxes
        let turned = try graph.reshape(matrix, Shape(lead + own.map { Dimension(shape[$0]) }))
        let order = own.indices.sorted { own[$0] < own[$1] }
        let permuted = try graph.permute(turned, Array(lead.indices) + order.map { $0 + lead.count })
        return try graph.reshape(permuted, Shape(lead + shape.map { Dimension($0) }))
    }
}
