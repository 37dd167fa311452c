import TensorIR

/// Writing by index: the counterpart of picking.
extension OperatorCall {
    /// What becomes of an element that an update meets.
    private enum Meeting: String {
        case replace = "none"
        case add
        case multiply = "mul"
        case maximum = "max"
        case minimum = "min"
    }
    private func meeting() throws -> Meeting {
        let name = try string("reduction", default: "none")
        guard let meeting = Meeting(rawValue: name) else {
            throw invalid("its attribute 'reduction' is '\(name)'; expected none, add, mul, max or min")
        }
        return meeting
    }

    /// An index for every update, along one axis.
    func scatterElements() throws -> [Value] {
        let meeting = try self.meeting()
        var (x, indices, updates) = (try nodeInput(0), try nodeInput(1), try nodeInput(2))
        let rank = graph.shape(x).rank
        guard graph.shape(indices).rank == rank, graph.shape(updates).rank == rank else {
            throw invalid(
                "\(graph.shape(x)), indices \(graph.shape(indices)) and updates \(graph.shape(updates)) differ in rank")
        }
        let axis = try self.axis(int("axis", default: 0), rank: rank)
        guard !graph.shape(x)[axis].isSymbolic else {
            throw GraphError(.examplesMeet, "it writes along the examples of \(graph.shape(x))")
        }
        // Beyond the indices nothing changes.
        var rests: [(axis: Int, rest: Node)] = []
        for other in 0..<rank where other != axis {
            let aligned = try alignExamples([x, indices, updates], axes: [other, other, other])
            (x, indices, updates) = (aligned[0], aligned[1], aligned[2])
            let sizes = aligned.map { graph.shape($0)[other] }
            if let examples = sizes.first(where: \.isSymbolic) {
                let repeated = try aligned.map { node in
                    var shape = graph.shape(node)
                    shape[other] = examples
                    return try graph.broadcast(node, to: shape)
                }
                (x, indices, updates) = (repeated[0], repeated[1], repeated[2])
                continue
            }
            let (size, wanted) = (sizes[0].inner, sizes[1].inner)
            guard wanted <= size else {
                throw invalid("indices \(graph.shape(indices)) reach beyond \(graph.shape(x))")
            }
            if wanted < size {
                rests.append((other, try graph.slice(x, axis: other, start: wanted, count: size - wanted)))
                x = try graph.slice(x, axis: other, start: 0, count: wanted)
            }
        }
        guard graph.shape(updates) == graph.shape(indices) else {
            throw invalid("updates \(graph.shape(updates)) do not go with indices \(graph.shape(indices))")
        }
        let last = (0..<rank).filter { $0 != axis } + [axis]
        let written = try scattered(
            meeting, graph.permute(x, last), graph.permute(indices, last), graph.permute(updates, last),
            batchAxes: rank - 1)
        var back = Array(0..<(rank - 1))
        back.insert(rank - 1, at: axis)
        var result = try graph.permute(written, back)
        for (axis, rest) in rests.reversed() { result = try graph.concatenate([result, rest], axis: axis) }
        return [.node(result)]
    }

    /// An index tuple for every update: the indexed axes are folded into one.
    func scatterND() throws -> [Value] {
        let meeting = try self.meeting()
        let (x, indices, updates) = (try nodeInput(0), try nodeInput(1), try nodeInput(2))
        let (shape, tuples) = (graph.shape(x), graph.shape(indices))
        guard tuples.rank > 0, let width = tuples[tuples.rank - 1].number, width > 0, width <= shape.rank else {
            throw invalid("indices \(tuples) do not go with \(shape)")
        }
        let sizes = try (0..<width).map { try size(shape, $0) }
        let places = tuples.removing(axes: [tuples.rank - 1])
        guard graph.shape(updates) == Shape(places.dimensions + shape.dimensions[width...]) else {
            throw invalid("updates \(graph.shape(updates)) do not go with indices \(tuples) and \(shape)")
        }
        let flat = try foldedIndex(indices, sizes: sizes)
        let count = try (0..<places.rank).map { try size(places, $0) }.reduce(1, *)
        let rest = Array(shape.dimensions[width...])
        let written = try scattered(
            meeting, graph.reshape(x, Shape([Dimension(sizes.reduce(1, *))] + rest)),
            graph.reshape(flat, Shape([Dimension(count)])), graph.reshape(updates, Shape([Dimension(count)] + rest)),
            batchAxes: 0)
        return [.node(try graph.reshape(written, shape))]
    }

    /// - Parameters:
    ///   - x: batch + rows + rest; indices: batch + updates; updates: batch + updates + rest.
    private func scattered(
        _ meeting: Meeting, _ x: Node, _ indices: Node, _ updates: Node, batchAxes: Int
    ) throws -> Node {
        guard graph.type(indices).element == .int64 else { throw invalid("its indices are not integers") }
        let element = graph.type(x).element
        guard graph.type(updates).element == element else {
            throw invalid("updates \(graph.type(updates)) do not go with \(graph.type(x))")
        }
        if element == .bool {
            guard meeting == .replace else { throw invalid("its reduction '\(meeting.rawValue)' takes no booleans") }
            let integers = try scattered(
                meeting, graph.cast(x, to: .int64), indices, graph.cast(updates, to: .int64), batchAxes: batchAxes)
            return try graph.cast(integers, to: .bool)
        }
        let rows = try size(graph.shape(x), batchAxes)
        let scatter = ScatterAdd(rows: rows, batchAxes: batchAxes)
        if meeting == .add { return try graph.add(x, graph.append(scatter, updates, indices)) }
        if meeting == .replace { return try replaced(x, indices, updates, scatter) { $1 } }
        // Updates that meet in one element take their turns.
        let count = try size(graph.shape(indices), batchAxes)
        guard count <= 1024 else {
            throw unsupported("reduction='\(meeting.rawValue)' with \(count) updates is not supported; at most 1024")
        }
        var result = x
        for position in 0..<count {
            let index = try graph.slice(indices, axis: batchAxes, start: position, count: 1)
            let update = try graph.slice(updates, axis: batchAxes, start: position, count: 1)
            result = try replaced(result, index, update, scatter) { old, new in
                switch meeting {
                case .multiply: try graph.multiply(old, new)
                case .maximum: try graph.binary(.maximum, old, new)
                case .minimum: try graph.binary(.minimum, old, new)
                case .add, .replace: preconditionFailure("needs no turns")
                }
            }
        }
        return result
    }

    /// `x` where nothing was written, else what `combine` makes of old and new.
    private func replaced(
        _ x: Node, _ indices: Node, _ updates: Node, _ scatter: ScatterAdd, _ combine: (Node, Node) throws -> Node
    ) throws -> Node {
        let new = try graph.append(scatter, updates, indices)
        let hits = try graph.append(scatter, graph.filled(1, graph.shape(indices), .int64), indices)
        let isHit = try graph.less(graph.filled(0, like: hits), hits)
        let shape = graph.shape(x)
        let leading = Array(0..<graph.shape(isHit).rank)
        return try graph.select(graph.broadcast(isHit, to: shape, axes: leading), combine(x, new), x)
    }
}
