import TensorIR

/// Elementary functions as tensor nodes.
struct ElementaryLowering {
    let graph: TensorGraph

    /// - Parameter kind: Of the result.
    func lower(_ function: ElementaryFunction, _ x: [Node], _ kind: Kind) throws -> Node {
        switch function {
        case .rows(let ranges): return try rows(ranges, of: x[0])
        case .placed(let ranges, let size): return try placed(x[0], at: ranges, of: size)
        case .stacked: return try graph.concatenate(x, axis: 0)
        case .row(let index):
            return try graph.reshape(graph.slice(x[0], axis: 0, start: index, count: 1), Shape(kind.shape))
        case .kroneckerProduct(let isTransposed):
            return try kroneckerProduct(x.dropLast(), isTransposed: isTransposed, times: x.last!)
        case .kroneckerVector:
            return try x.dropFirst().reduce(x[0]) { product, next in
                let pair = try graph.contract(product, [0], next, [1], to: [0, 1])
                return try graph.reshape(pair, [Dimension(size(product) * size(next))])
            }
        case .matrixDiagonal:
            let entries = try graph.reshape(x[0], [Dimension(size(x[0]) * size(x[0]))])
            return try graph.slice(entries, axis: 0, start: 0, step: size(x[0]) + 1, count: size(x[0]))
        case .rowSquares: return try graph.sum(graph.square(x[0]), axes: [1])
        case .sumOfLogarithms(let isRounded):
            var values = try graph.cast(x[0], to: .float64)
            if isRounded { values = try graph.select(graph.vanishes(values), graph.filled(0, like: values), values) }
            return try graph.sum(graph.log(values), axes: [0])
        case .power(let exponent): return try SpectralFunction(exponent: exponent).applied(to: x[0], in: graph)
        case .extremes(let count, let end):
            return try graph.append(Gather(), x[0], extremes(of: x[0], count: count, end))
        case .extremeUnits(let count, let end):
            let size = size(x[0])
            let ones = try graph.cast(
                graph.onDiagonal([Dimension(count), Dimension(count)], 0, 1, .float64), to: .real)
            return try graph.append(ScatterAdd(rows: size), ones, extremes(of: x[0], count: count, end))
        case .logarithm: return try graph.log(x[0])
        case .squareRoot: return try graph.sqrt(x[0])
        }
    }

    private func extremes(of x: Node, count: Int, _ end: SpectrumEnd) throws -> Node {
        try graph.append(ExtremeEntries(count: count, end.order), graph.cast(x, to: .float64))
    }

    private func size(_ x: Node, axis: Int = 0) -> Int { graph.shape(x)[axis].inner }

    private func rows(_ ranges: [Range<Int>], of x: Node) throws -> Node {
        let parts = try ranges.map { try graph.slice(x, axis: 0, start: $0.lowerBound, count: $0.count) }
        return parts.count == 1 ? parts[0] : try graph.concatenate(parts, axis: 0)
    }

    private func placed(_ x: Node, at ranges: [Range<Int>], of size: Int) throws -> Node {
        // In the order of the entries, with zeros between.
        var start = 0
        let parts = ranges.map { range -> (range: Range<Int>, start: Int) in
            defer { start += range.count }
            return (range, start)
        }
        let columns = graph.shape(x).dimensions.dropFirst()
        func zeros(_ count: Int) throws -> Node {
            try graph.filled(0, Shape([Dimension(count)] + columns), graph.type(x).element)
        }
        var pieces: [Node] = []
        var end = 0
        for part in parts.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            if part.range.lowerBound > end { pieces.append(try zeros(part.range.lowerBound - end)) }
            pieces.append(try graph.slice(x, axis: 0, start: part.start, count: part.range.count))
            end = part.range.upperBound
        }
        if size > end { pieces.append(try zeros(size - end)) }
        return pieces.count == 1 ? pieces[0] : try graph.concatenate(pieces, axis: 0)
    }

    /// One factor after the other, each along its own axis of x as an array (n1, n2, ..., columns).
    private func kroneckerProduct(_ factors: some Sequence<Node>, isTransposed: Bool, times x: Node) throws -> Node {
        let factors = Array(factors)
        let columns = graph.shape(x).dimensions.dropFirst()
        var sizes = factors.map { size($0, axis: isTransposed ? 0 : 1) }
        var array = try graph.reshape(x, Shape(sizes.map { Dimension($0) } + columns))
        let labels = Array(0..<sizes.count + columns.count)
        let fresh = labels.count
        for (axis, factor) in factors.enumerated() {
            let result = labels.map { $0 == axis ? fresh : $0 }
            array = try graph.contract(
                factor, isTransposed ? [axis, fresh] : [fresh, axis], array, labels, to: result)
            sizes[axis] = size(factor, axis: isTransposed ? 1 : 0)
        }
        return try graph.reshape(array, Shape([Dimension(sizes.reduce(1, *))] + columns))
    }
}
