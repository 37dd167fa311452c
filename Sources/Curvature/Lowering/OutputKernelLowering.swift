import TensorIR

/// Z Z^T + shift * identity from what a data pass has stored of each example, parameter by parameter; Z itself is never there.
///
/// A matrix that is used at one position needs inner products of inputs and of output gradients alone: <g a^T, h b^T> = <g, h> <a, b>. Of one that
/// is used at several positions, gradients of all rows are formed for some outputs at a time.
struct OutputKernelLowering {
    let graph: TensorGraph
    let layout: ExampleFactorLayout
    let examples: Int

    /// Entries of gradients that are formed at once.
    private static let mostGradientEntries = 1 << 23

    /// - Parameter factors: (N * width).
    /// - Returns: (M, M), float64.
    func kernel(_ factors: Node, shift: Double) throws -> Node {
        let all = try graph.reshape(factors, [Dimension(examples), Dimension(layout.width)])
        let rows = examples * layout.columns
        var sum = try graph.scale(graph.onDiagonal(Shape([rows, rows]), 0, 1, .float64), by: shift)
        for piece in layout.pieces {
            let gradient = try part(all, piece.outputStart, [layout.columns, piece.positions, piece.outputs])
            guard let inputs = piece.inputs else {
                sum = try graph.add(sum, gram(gradient, rows))
                continue
            }
            let input = try part(all, piece.inputStart, [piece.positions, inputs])
            if piece.positions == 1 {
                sum = try graph.add(sum, hadamard(gram(gradient, rows), gram(input, examples)))
            } else {
                for products in try tiles(gradient, input, piece) { sum = try graph.add(sum, gram(products, rows)) }
            }
        }
        return sum
    }

    private func part(_ all: Node, _ start: Int, _ sizes: [Int]) throws -> Node {
        let own = try graph.slice(all, axis: 1, start: start, count: sizes.reduce(1, *))
        // Sums of products of float64 stay positive semidefinite where the damping is far below them.
        return try graph.cast(graph.reshape(own, Shape([examples] + sizes)), to: .float64)
    }

    private func gram(_ x: Node, _ rows: Int) throws -> Node {
        try graph.append(Gram(axis: 0), graph.reshape(x, [Dimension(rows), Dimension(graph.shape(x).factor / rows)]))
    }

    /// (N, columns, N, columns) times (N, N).
    private func hadamard(_ outputs: Node, _ inputs: Node) throws -> Node {
        let (n, k) = (Dimension(examples), Dimension(layout.columns))
        let wide: Shape = [n, k, n, k]
        let product = try graph.multiply(
            graph.reshape(outputs, wide), graph.broadcast(inputs, to: wide, axes: [0, 2]))
        return try graph.reshape(product, graph.shape(outputs))
    }

    /// Gradients of all rows, for some outputs each.
    private func tiles(_ gradient: Node, _ input: Node, _ piece: ExampleFactorLayout.Piece) throws -> [Node] {
        let perOutput = examples * layout.columns * piece.inputs!
        let count = max(1, min(piece.outputs, Self.mostGradientEntries / max(1, perOutput)))
        return try stride(from: 0, to: piece.outputs, by: count).map { start in
            let own = try graph.slice(
                gradient, axis: 3, start: start, count: min(count, piece.outputs - start))
            let (example, column, position, output, entry) = (0, 1, 2, 3, 4)
            return try graph.contract(
                own, [example, column, position, output], input, [example, position, entry],
                to: [example, column, output, entry])
        }
    }
}
