import TensorIR

/// Which positions a query of an attention operator may see.
extension OperatorCall {
    /// Scores with -infinity where a position must not be seen.
    func masked(_ scores: Node, past: Int) throws -> Node {
        let shape = graph.shape(scores)
        let (rows, columns) = (try size(shape, 2), try size(shape, 3))
        guard max(rows, columns) <= 1 << 24 else {
            throw unsupported("attention over \(max(rows, columns)) positions is not supported; at most 2^24 are")
        }
        let hidden = Value.host(HostTensor(scalar: -.infinity))
        var scores = Value.node(scores)
        if let mask = try optional(3).map({ try widened($0, to: columns) }) {
            scores =
                try element(mask) == .bool
                ? select(mask, scores, hidden) : .node(add(asNode(scores), asReal(mask)))
        }
        let bounds = try bounds(rows: rows, past: past)
        let column = Value.host(HostTensor((0..<columns).map { Extent($0) }))
        if let first = bounds.first { scores = try select(binary(.lessOrEqual, first, column), scores, hidden) }
        if let last = bounds.last { scores = try select(binary(.lessOrEqual, column, last), scores, hidden) }
        if let lengths = bounds.lengths { scores = try select(binary(.less, column, lengths), scores, hidden) }
        return try asReal(scores)
    }

    /// A mask may stop before the last key: further keys are hidden.
    private func widened(_ mask: Value, to columns: Int) throws -> Value {
        let shape = try self.shape(mask)
        guard shape.rank > 0 else { return mask }
        let seen = try size(shape, shape.rank - 1)
        guard seen != 1, seen < columns else { return mask }
        var rest = shape
        rest[rest.rank - 1] = Dimension(columns - seen)
        let hidden = HostTensor([], try element(mask) == .bool ? .bool([false]) : .real([-.infinity]))
        return try concatenate([mask, broadcast(.host(hidden), to: rest)], axis: rest.rank - 1)
    }

    /// The first and the last key that each query sees, where there is a bound, and how many keys each example has.
    ///
    /// A query's own position counts the keys that were there before: those of a cache, or what an example's keys have
    /// more than there are queries.
    private func bounds(rows: Int, past: Int) throws -> (first: Value?, last: Value?, lengths: Value?) {
        var lengths: Value?
        var offset = Value.host(HostTensor(scalar: Extent(past)))
        if let given = optional(6) {
            guard optional(4) == nil, optional(5) == nil else {
                throw invalid("it has both nonpad_kv_seqlen and a cache of keys; expected one of them")
            }
            let shape = try self.shape(given)
            guard shape.rank == 1 else {
                throw invalid("its nonpad_kv_seqlen has the shape \(shape); expected a number for each example")
            }
            let perExample = try reshape(given, Shape([shape[0], 1, 1, 1]))
            lengths = perExample
            offset = try binary(.subtract, perExample, .host(HostTensor(scalar: Extent(rows))))
        }
        let row = Value.host(HostTensor([rows, 1], (0..<rows).map { Extent($0) }))
        let own = try binary(.add, row, offset)
        func moved(_ steps: Int) throws -> Value {
            try binary(.add, own, .host(HostTensor(scalar: Extent(steps))))
        }
        let left = try int("left_window_size", default: -1)
        let right = try int("right_window_size", default: -1)
        guard left >= -1, right >= -1, max(left, right) < 1 << 31 else {
            throw invalid("its window reaches \(left) to the left and \(right) to the right; expected sizes, or -1")
        }
        let isCausal = try flag("is_causal", default: false)
        let last = isCausal ? 0 : right
        return (left < 0 ? nil : try moved(-left), last < 0 ? nil : try moved(last), lengths)
    }
}
