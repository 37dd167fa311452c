extension TensorGraph {
    package func sum(_ x: Node, axes: [Int], wide: Bool = false) throws -> Node {
        if axes.isEmpty { return wide ? try cast(x, to: .float64) : x }
        // A sum over axes along which values repeat is a multiple.
        if !wide, nodeClass(x) == .broadcast, let broadcast = primitive(x) as? Broadcast {
            let repeated = broadcast.repeatedAxes.filter { axes.contains($0) && broadcast.shape[$0].number != nil }
            if !repeated.isEmpty {
                let kept = (0..<broadcast.shape.rank).filter { !repeated.contains($0) }
                let inner = try self.broadcast(
                    operands(x)[0], to: broadcast.shape.removing(axes: repeated),
                    axes: broadcast.axes.map { axis in kept.firstIndex(of: axis)! })
                let times = repeated.reduce(1) { $0 * broadcast.shape[$1].inner }
                let rest = axes.filter { !repeated.contains($0) }.map { axis in kept.firstIndex(of: axis)! }
                return try sum(scale(inner, by: Double(times)), axes: rest)
            }
        }
        return try append(Reduce(.sum, axes: axes, wide: wide), x)
    }
    package func maximum(_ x: Node, axes: [Int]) throws -> Node {
        axes.isEmpty ? x : try append(Reduce(.maximum, axes: axes), x)
    }
    package func minimum(_ x: Node, axes: [Int]) throws -> Node {
        axes.isEmpty ? x : try append(Reduce(.minimum, axes: axes), x)
    }
    package func mean(_ x: Node, axes: [Int]) throws -> Node {
        var count = 1
        for axis in axes {
            guard let size = shape(x)[axis].number else {
                throw GraphError(.examplesMeet, "mean: averages over the examples of \(shape(x))")
            }
            count *= size
        }
        let sum = try sum(x, axes: axes)
        return try divide(sum, filled(Double(count), like: sum))
    }

    /// exp(x) / sum exp(x) along one axis. A row of -infinity everywhere gives zeros.
    package func softmax(_ x: Node, axis: Int) throws -> Node {
        let (exponentials, total) = try shiftedExponentials(x, axis: axis)
        return try divide(exponentials, broadcast(total, like: x, without: [axis]))
    }
    /// x - log sum exp(x) along one axis.
    package func logSoftmax(_ x: Node, axis: Int) throws -> Node {
        try subtract(x, broadcast(logSumExp(x, axis: axis), like: x, without: [axis]))
    }
    package func logSumExp(_ x: Node, axis: Int) throws -> Node {
        let (_, total) = try shiftedExponentials(x, axis: axis)
        return try add(log(total), finiteMaximum(x, axis: axis))
    }

    /// The maximum along an axis, 0 where it is -infinity. Differentiation stops at it: it cancels.
    private func finiteMaximum(_ x: Node, axis: Int) throws -> Node {
        let top = try detached(maximum(x, axes: [axis]))
        return try select(equal(top, filled(-.infinity, like: top)), zeros(like: top), top)
    }
    private func shiftedExponentials(_ x: Node, axis: Int) throws -> (Node, Node) {
        let shift = try broadcast(finiteMaximum(x, axis: axis), like: x, without: [axis])
        let exponentials = try exp(subtract(x, shift))
        let total = try sum(exponentials, axes: [axis])
        let zero = try equal(total, zeros(like: total))
        return (exponentials, try select(zero, filled(1, like: total), total))
    }
}
