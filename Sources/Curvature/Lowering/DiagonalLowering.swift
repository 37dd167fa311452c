import TensorIR

/// The exact diagonal of J^T H J and its kin: the gradient of every output column of every term of every example by itself, squared and summed.
///
/// One backward sweep with as many columns as the terms of an example have outputs in all. A matrix that is used once at one position needs no
/// gradients of single examples, for the square of a product is the product of squares; for others these are formed, batch by batch.
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

    private typealias Labels = LayerGradients

    /// The sum over columns and examples of the squares of a parameter's gradient.
    private func squares(_ uses: [UseValues], columns: Int?, _ shape: [Int]) throws -> Node {
        let lead = columns == nil ? [Labels.example] : [Labels.column, Labels.example]
        let axes = Array(lead.indices)
        if uses.count == 1, graph.shape(uses[0].output)[lead.count].inner == 1 {
            switch uses[0].input {
            case .dense(let input):
                var squares = try graph.square(uses[0].output)
                if columns != nil { squares = try graph.sum(squares, axes: [0]) }
                let labels = [Labels.example, Labels.position]
                let product = try graph.contract(
                    squares, labels + [Labels.first], graph.square(input), labels + [Labels.second],
                    to: [Labels.first, Labels.second])
                return try stored(product, uses[0].layout, [], shape)
            case .rows(let rows):
                var squares = try graph.square(uses[0].output)
                if columns != nil { squares = try graph.sum(squares, axes: [0]) }
                let sums = try graph.append(ScatterAdd(rows: uses[0].layout.inputs), squares, rows)
                return try stored(graph.permute(sums, [1, 0]), uses[0].layout, [], shape)
            case .none: break
            }
        }
        var sum: Node?
        for use in uses {
            let own = try gradient(use, lead, shape)
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        return try graph.sum(graph.square(sum!), axes: axes, wide: true)
    }

    /// The gradient of each column and example by itself, in the parameter's shape.
    private func gradient(_ use: UseValues, _ lead: [Int], _ shape: [Int]) throws -> Node {
        let leading = graph.shape(use.output).dimensions.prefix(lead.count)
        let product: Node
        switch use.input {
        case .dense(let input):
            product = try graph.contract(
                use.output, lead + [Labels.position, Labels.first], input,
                [Labels.example, Labels.position, Labels.second], to: lead + [Labels.first, Labels.second])
        case .rows(let rows):
            let scattered = try graph.append(
                ScatterAdd(rows: use.layout.inputs, lead: lead.count - 1, batchAxes: 1), use.output, rows)
            product = try graph.permute(scattered, lead.indices + [lead.count + 1, lead.count])
        case .none:
            let summed = try graph.sum(use.output, axes: [lead.count])
            product = try graph.expand(summed, at: lead.count + 1)
        }
        return try stored(product, use.layout, Array(leading), shape)
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
