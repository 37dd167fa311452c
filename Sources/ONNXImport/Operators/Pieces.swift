import TensorIR

/// Operators that take tensors apart, put them together, or add a margin.
extension OperatorCall {
    func concat() throws -> [Value] {
        let values = try values()
        let rank = try shape(values[0]).rank
        guard try values.allSatisfy({ try shape($0).rank == rank }) else {
            throw invalid(
                "\(try values.map { try shape($0).description }.joined(separator: ", ")) do not fit side by side")
        }
        guard let given = try int("axis") else { throw invalid("its attribute 'axis' is missing") }
        return [try concatenate(values, axis: axis(given, rank: rank))]
    }

    func split() throws -> [Value] {
        let x = try value(0)
        let shape = try self.shape(x)
        let axis = try self.axis(int("axis", default: 0), rank: shape.rank)
        let given = try ints("split") ?? optional(1).map { _ in try numbers(1) }
        if try shape[axis].isSymbolic && (given?.count ?? int("num_outputs", default: node.output.count)) == 1 {
            return [x]
        }
        let size = try self.size(shape, axis)
        let count = try given?.count ?? int("num_outputs", default: node.output.count)
        guard count > 0, count <= OperatorCall.partLimit else {
            throw invalid("\(size) positions cannot be split into \(count) parts")
        }
        let chunk = (size + count - 1) / count
        let sizes = given ?? (0..<count).map { max(0, min(chunk, size - $0 * chunk)) }
        return try parts(x, axis: axis, size: size, sizes)
    }
    /// More parts than any network has: an axis that is made of nothing but its size would be taken apart.
    static let partLimit = 1 << 16

    /// Neighbouring pieces of the given sizes.
    func parts(_ x: Value, axis: Int, size: Int, _ sizes: [Int]) throws -> [Value] {
        guard sizes.allSatisfy({ (0...size).contains($0) }), sizes.reduce(0, +) == size else {
            throw invalid("parts of \(sizes) do not make up the \(size) positions of axis \(axis)")
        }
        var start = 0
        return try sizes.map { count in
            defer { start += count }
            return try slice(x, axis: axis, start: start, count: count)
        }
    }

    /// Inputs from version 10 on, attributes before.
    func slice() throws -> [Value] {
        var x = try value(0)
        let starts = try ints("starts").map { $0.map { Extent($0) } } ?? extents(1)
        let ends = try ints("ends").map { $0.map { Extent($0) } } ?? extents(2)
        let given = try ints("axes") ?? optional(3).map { _ in try numbers(3) } ?? Array(starts.indices)
        let steps = try optional(4).map { _ in try numbers(4) } ?? starts.map { _ in 1 }
        let axes = try self.axes(given, rank: shape(x).rank)
        guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count else {
            throw invalid(
                "it has \(starts.count) starts, \(ends.count) ends, \(axes.count) axes and \(steps.count) steps")
        }
        for (index, axis) in axes.enumerated() {
            let shape = try self.shape(x)
            let (start, end, step) = (starts[index], ends[index], min(max(steps[index], -1 << 31), 1 << 31))
            guard step != 0 else { throw invalid("a step is 0") }
            guard let size = shape[axis].number else {
                guard start == 0, step == 1, reachesEnd(end, of: shape[axis]) else {
                    throw GraphError(.examplesMeet, "it picks examples out of \(shape)")
                }
                continue
            }
            func position(_ extent: Extent, _ range: ClosedRange<Int>) throws -> Int {
                let value = try extent.known()
                return min(max(value < 0 ? value + size : value, range.lowerBound), range.upperBound)
            }
            // Counting backwards, the end may lie before the first position.
            let range = step > 0 ? 0...size : -1...max(size - 1, -1)
            let first = try position(start, step > 0 ? range : min(0, range.upperBound)...range.upperBound)
            let last = try position(end, range)
            let count = max(0, step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step)
            x = try slice(x, axis: axis, start: count == 0 ? 0 : first, step: step, count: size == 0 ? 0 : count)
        }
        return [x]
    }
    /// Whether a slice's end takes in all examples.
    private func reachesEnd(_ end: Extent, of dimension: Dimension) -> Bool {
        if end == Extent(dimension) { return true }
        guard let number = end.number else { return false }
        return number >= Int(Int32.max) || importer.fixedBatch.map { number >= $0 * dimension.factor } ?? false
    }

    func pad() throws -> [Value] {
        var x = try value(0)
        let rank = try shape(x).rank
        let pads = try ints("pads") ?? numbers(1)
        let given = try optional(3).map { _ in try numbers(3) } ?? Array(0..<rank)
        let axes = try self.axes(given, rank: rank)
        guard pads.count == 2 * axes.count, pads.allSatisfy({ $0.magnitude < 1 << 31 }) else {
            throw invalid("\(pads.count) paddings do not go with \(axes.count) axes; expected two for each")
        }
        let mode = try string("mode", default: "constant")
        for (index, axis) in axes.enumerated() {
            var (low, high) = (pads[index], pads[index + axes.count])
            if low == 0, high == 0 { continue }
            let size = try self.size(shape(x), axis)
            guard size + min(low, 0) + min(high, 0) >= 0 else {
                throw invalid("it cuts more off than the \(size) positions of axis \(axis)")
            }
            if low < 0 || high < 0 {
                x = try slice(x, axis: axis, start: max(0, -low), count: size + min(low, 0) + min(high, 0))
                (low, high) = (max(0, low), max(0, high))
            }
            let margins = try self.margins(x, axis, low, high, mode)
            x = try concatenate(margins.low + [x] + margins.high, axis: axis)
        }
        return [x]
    }

    /// What a padded axis gets before and after it.
    private func margins(_ x: Value, _ axis: Int, _ low: Int, _ high: Int, _ mode: String) throws -> (
        low: [Value], high: [Value]
    ) {
        let shape = try self.shape(x)
        let size = try self.size(shape, axis)
        func margin(_ count: Int, _ piece: () throws -> Value) throws -> [Value] { count > 0 ? [try piece()] : [] }
        func constant(_ count: Int) throws -> Value {
            var margin = shape
            margin[axis] = Dimension(count)
            let fill =
                try optional(2).map { try hostIfKnown($0) ?? host(2) } ?? HostTensor(scalar: float("value", default: 0))
            guard fill.count == 1 else { throw invalid("its constant has \(fill.count) elements; expected one") }
            return try broadcast(.host(fill.reshaped([]).cast(to: element(x))), to: margin)
        }
        func edge(_ count: Int, at position: Int) throws -> Value {
            guard size > 0 else { throw invalid("an empty axis has no edge") }
            var margin = shape
            margin[axis] = Dimension(count)
            return try broadcast(slice(x, axis: axis, start: position, count: 1), to: margin)
        }
        func check(_ most: Int) throws {
            guard max(low, high) <= most else {
                throw invalid("a padding of \(max(low, high)) is more than \(size) positions allow")
            }
        }
        switch mode {
        case "constant": return (try margin(low) { try constant(low) }, try margin(high) { try constant(high) })
        case "edge":
            return (try margin(low) { try edge(low, at: 0) }, try margin(high) { try edge(high, at: size - 1) })
        case "reflect":
            try check(size - 1)
            return (
                try margin(low) { try slice(x, axis: axis, start: low, step: -1, count: low) },
                try margin(high) { try slice(x, axis: axis, start: size - 2, step: -1, count: high) }
            )
        case "wrap":
            try check(size)
            return (
                try margin(low) { try slice(x, axis: axis, start: size - low, count: low) },
                try margin(high) { try slice(x, axis: axis, start: 0, count: high) }
            )
        default: throw unsupported("mode='\(mode)' is not supported; expected constant, edge, reflect or wrap")
        }
    }

    /// The upper or lower triangle of the last two axes, zeros elsewhere.
    func triangle() throws -> [Value] {
        let x = try value(0)
        let shape = try self.shape(x)
        guard shape.rank >= 2 else { throw invalid("expected matrices, found the shape \(shape)") }
        let (rows, columns) = (try size(shape, shape.rank - 2), try size(shape, shape.rank - 1))
        let diagonal = try optional(1).map { _ in try number(1) } ?? 0
        guard diagonal.magnitude < 1 << 31, rows * columns <= 1 << 26 else {
            throw invalid("its matrices of \(shape) are too large")
        }
        let upper = try flag("upper", default: true)
        let mask = (0..<rows).flatMap { row in
            (0..<columns).map { column in upper ? column - row >= diagonal : column - row <= diagonal }
        }
        let zero = try HostTensor([], [0.0]).cast(to: element(x))
        return [try select(.host(HostTensor([rows, columns], mask)), x, .host(zero))]
    }
}
