import TensorIR

/// Operators that put the elements of an axis in order. Positions have no derivative; what they pick has.
extension OperatorCall {
    /// The first of equal elements, or the last if asked.
    func argument(ofLargest: Bool) throws -> [Value] {
        let x = try nodeInput(0)
        let shape = graph.shape(x)
        let axis = try self.axis(int("axis", default: 0), rank: shape.rank)
        let size = try self.size(shape, axis)
        guard size > 0 else {
            throw invalid("axis \(axis) of \(shape) is empty; it has no largest or smallest element")
        }
        // The constant of all positions would fill the memory.
        guard size <= 1 << 24 else { throw unsupported("it searches an axis of \(size); at most 2^24 are supported") }
        let best = try ofLargest ? graph.maximum(x, axes: [axis]) : graph.minimum(x, axes: [axis])
        let attained = try graph.equal(x, graph.broadcast(best, like: x, without: [axis]))
        let positions = try graph.constant(Constant([size], (0..<size).map { Int64($0) }))
        let all = try graph.broadcast(positions, to: shape, axes: [axis])
        let last = try flag("select_last_index", default: false)
        // A position in range even where nothing is attained, which is where all is NaN.
        let others = try graph.filled(last ? 0 : Double(size - 1), like: all)
        let candidates = try graph.select(attained, all, others)
        var result = try last ? graph.maximum(candidates, axes: [axis]) : graph.minimum(candidates, axes: [axis])
        if try flag("keepdims", default: true) { result = try graph.expand(result, at: axis) }
        return [.node(result)]
    }

    /// The largest or smallest elements of an axis in order, and where they were.
    ///
    /// An element's rank is the number of elements before it in order: what is larger, and what is equal and stands
    /// further left. All pairs are compared, so the axis must not be long.
    func largest() throws -> [Value] {
        let given = try nodeInput(0)
        let rank = graph.shape(given).rank
        let axis = try self.axis(int("axis", default: -1), rank: rank)
        let size = try self.size(graph.shape(given), axis)
        let count = try optional(1).map { _ in try number(1) } ?? int("k", default: 0)
        guard (0...size).contains(count) else {
            throw invalid("\(count) elements cannot be picked from an axis of \(size)")
        }
        guard size <= 4096 else { throw unsupported("it orders an axis of \(size); at most 4096 are supported") }
        let toLast = (0..<rank).filter { $0 != axis } + [axis]
        let x = try graph.permute(given, toLast)
        let pairs = try broadcastTogether([graph.expand(x, at: rank), graph.expand(x, at: rank - 1)])
        let (own, other) = (pairs[0], pairs[1])
        let isAhead = try flag("largest", default: true) ? graph.less(own, other) : graph.less(other, own)
        let left = HostTensor([size, size], (0..<size).flatMap { row in (0..<size).map { $0 < row } })
        let isEqualBefore = try graph.binary(
            .and, graph.equal(own, other), graph.broadcast(asNode(.host(left)), to: graph.shape(own)))
        let before = try graph.cast(graph.binary(.or, isAhead, isEqualBefore), to: .int64)
        let ranks = try graph.sum(before, axes: [rank])
        let wanted = try graph.constant(Constant([count, 1], (0..<count).map { Int64($0) }))
        let matches = try broadcastTogether([graph.expand(ranks, at: rank - 1), wanted])
        let hits = try graph.cast(graph.equal(matches[0], matches[1]), to: .int64)
        let positions = try graph.constant(Constant([size], (0..<size).map { Int64($0) }))
        let indices = try graph.sum(multiply(hits, positions), axes: [rank])
        let picked = try graph.append(Gather(batchAxes: rank - 1), x, indices)
        var back = Array(0..<(rank - 1))
        back.insert(rank - 1, at: axis)
        return [.node(try graph.permute(picked, back)), .node(try graph.permute(indices, back))]
    }
}
