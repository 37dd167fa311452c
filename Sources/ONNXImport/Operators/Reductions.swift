import TensorIR

/// Reductions over some axes, all of them unless said otherwise.
extension OperatorCall {
    enum Reduction { case sum, mean, maximum, minimum, product, l1, l2, sumSquare, logSum, logSumExp }

    func reduce(_ reduction: Reduction) throws -> [Value] {
        let x = try value(0)
        let rank = try shape(x).rank
        // An input from version 13 (ReduceSum) or 18 on, an attribute before.
        var axes = try ints("axes") ?? optional(1).map { _ in try numbers(1) } ?? []
        if axes.isEmpty, try flag("noop_with_empty_axes", default: false) {
            return try withoutAxes(reduction, x)
        }
        axes = try axes.isEmpty ? Array(0..<rank) : self.axes(axes, rank: rank)
        let keepsAxes = try flag("keepdims", default: true)
        let reduced = try reduced(reduction, x, axes: axes)
        guard keepsAxes else { return [reduced] }
        var kept = try shape(x)
        for axis in axes { kept[axis] = 1 }
        return [try reshape(reduced, kept)]
    }

    /// Without axes every element is a group of its own.
    private func withoutAxes(_ reduction: Reduction, _ x: Value) throws -> [Value] {
        switch reduction {
        case .sum, .mean, .maximum, .minimum, .product, .logSumExp: [x]
        case .l1, .l2: [try unary(.absolute, x)]
        case .sumSquare: [try binary(.multiply, x, x)]
        case .logSum: [try unary(.log, x)]
        }
    }

    private func reduced(_ reduction: Reduction, _ x: Value, axes: [Int]) throws -> Value {
        if case .host(let tensor) = x {
            let known: HostTensor.Reduction? =
                switch reduction {
                case .sum: .sum
                case .mean: .mean
                case .maximum: .maximum
                case .minimum: .minimum
                case .product: .product
                default: nil
                }
            if let known, let folded = try tensor.reduced(known, axes: axes) { return .host(folded) }
        }
        let node = try asNode(x)
        if graph.type(node).element == .bool { return try reducedBooleans(reduction, node, axes: axes) }
        if graph.type(node).element == .int64, ![.sum, .maximum, .minimum, .product].contains(reduction) {
            throw invalid("it is not defined for integers here")
        }
        switch reduction {
        case .sum: return .node(try graph.sum(node, axes: axes))
        case .mean: return .node(try graph.mean(node, axes: axes))
        case .maximum: return .node(try graph.maximum(node, axes: axes))
        case .minimum: return .node(try graph.minimum(node, axes: axes))
        case .product: return .node(try product(node, axes: axes))
        case .l1: return .node(try graph.sum(graph.unary(.absolute, node), axes: axes))
        case .l2: return .node(try euclideanNorm(node, axes: axes))
        case .sumSquare: return .node(try graph.sum(graph.square(node), axes: axes))
        case .logSum: return .node(try graph.log(graph.sum(node, axes: axes)))
        case .logSumExp:
            let (rows, axis) = try gathered(node, axes: axes)
            let result = try graph.logSumExp(rows, axis: axis)
            // No terms, or terms of zero only.
            let nothing = try filled(-.infinity, like: result)
            return .node(try graph.select(graph.equal(graph.maximum(rows, axes: [axis]), nothing), nothing, result))
        }
    }

    /// Whether any (a maximum) or all (a minimum) are true.
    private func reducedBooleans(_ reduction: Reduction, _ x: Node, axes: [Int]) throws -> Value {
        let numbers = try graph.cast(x, to: .int64)
        switch reduction {
        case .maximum: return try isPositive(graph.maximum(numbers, axes: axes))
        case .minimum: return try isPositive(graph.minimum(numbers, axes: axes))
        default: throw invalid("it is not defined for booleans")
        }
    }
    private func isPositive(_ x: Node) throws -> Value {
        .node(try graph.less(graph.filled(0, like: x), x))
    }

    /// The square root of the sum of squares. Its derivative at a row of zeros is 0, as PyTorch has it.
    func euclideanNorm(_ x: Node, axes: [Int]) throws -> Node {
        let square = try graph.sum(graph.square(x), axes: axes)
        let isZero = try graph.equal(square, filled(0, like: square))
        let safe = try graph.select(isZero, filled(1, like: square), square)
        return try graph.select(isZero, filled(0, like: square), graph.sqrt(safe))
    }

    /// `axes` as one axis, the last.
    private func gathered(_ x: Node, axes: [Int]) throws -> (node: Node, axis: Int) {
        let shape = graph.shape(x)
        let kept = (0..<shape.rank).filter { !axes.contains($0) }
        let count = try axes.reduce(1) { $0 * (try size(shape, $1)) }
        let permuted = try graph.permute(x, kept + axes.sorted())
        return (try graph.reshape(permuted, Shape(kept.map { shape[$0] } + [Dimension(count)])), kept.count)
    }

    /// A tree of products of halves: exact derivatives where factors are zero.
    private func product(_ x: Node, axes: [Int]) throws -> Node {
        var (node, axis) = try gathered(x, axes: axes)
        var count = graph.shape(node)[axis].inner
        let shape = graph.shape(node).removing(axes: [axis])
        if count == 0 { return try graph.filled(1, shape, graph.type(x).element) }
        while count > 1 {
            let half = count / 2
            let first = try graph.slice(node, axis: axis, start: 0, count: half)
            let second = try graph.slice(node, axis: axis, start: half, count: half)
            let products = try graph.multiply(first, second)
            node =
                count % 2 == 0
                ? products
                : try graph.concatenate(
                    [products, graph.slice(node, axis: axis, start: count - 1, count: 1)], axis: axis)
            count -= half
        }
        return try graph.reshape(node, shape)
    }

    func cumulativeSum() throws -> [Value] {
        let x = try value(0)
        let axis = try self.axis(number(1), rank: shape(x).rank)
        let (exclusive, reverse) = (try flag("exclusive", default: false), try flag("reverse", default: false))
        if case .host(let tensor) = x,
            let folded = try tensor.cumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse)
        {
            return [.host(folded)]
        }
        let node = try asNode(x)
        guard graph.type(node).element != .bool else { throw invalid("it is not defined for booleans") }
        return [.node(try graph.append(CumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse), node))]
    }
}
