import TensorIR

/// Lists of tensors, which some exporters put between a split and its parts.
extension OperatorCall {
    private func sequence(_ index: Int) throws -> [Value] {
        guard case .sequence(let values) = try value(index) else { throw invalid("its input \(index) is no sequence") }
        return values
    }

    /// A part of a sequence; never a sequence itself.
    private func part(_ value: Value) throws -> Value {
        if case .sequence = value { throw invalid("a sequence holds tensors, found a sequence in it") }
        return value
    }

    func sequenceConstruct() throws -> [Value] { [.sequence(try values().map(part))] }
    func sequenceLength() throws -> [Value] { [.host(HostTensor(scalar: Extent(try sequence(0).count)))] }

    func sequenceAt() throws -> [Value] {
        let values = try sequence(0)
        let index = try number(1)
        guard (-values.count..<values.count).contains(index) else {
            throw invalid("the position \(index) lies outside a sequence of \(values.count)")
        }
        return [values[index < 0 ? index + values.count : index]]
    }
    func sequenceInsert() throws -> [Value] {
        var values = try sequence(0)
        let index = try optional(2).map { _ in try number(2) } ?? values.count
        guard (-values.count...values.count).contains(index) else {
            throw invalid("the position \(index) lies outside a sequence of \(values.count)")
        }
        values.insert(try part(value(1)), at: index < 0 ? index + values.count : index)
        return [.sequence(values)]
    }

    /// Parts of one size (the last may be smaller), of given sizes, or single positions.
    func splitToSequence() throws -> [Value] {
        let x = try value(0)
        let shape = try self.shape(x)
        let axis = try self.axis(int("axis", default: 0), rank: shape.rank)
        let size = try self.size(shape, axis)
        func check(count: Int) throws {
            guard count <= OperatorCall.partLimit else {
                throw invalid("\(count) parts are too many; expected at most \(OperatorCall.partLimit)")
            }
        }
        guard optional(1) != nil else {
            try check(count: size)
            let singles = try parts(x, axis: axis, size: size, [Int](repeating: 1, count: size))
            if try flag("keepdims", default: true) { return [.sequence(singles)] }
            return [.sequence(try singles.map { try reshape($0, shape.removing(axes: [axis])) })]
        }
        var sizes = try numbers(1)
        if try host(1).sizes.isEmpty {
            let chunk = sizes[0]
            guard chunk > 0 else { throw invalid("parts of \(chunk) positions are not possible") }
            try check(count: size / chunk)
            sizes = stride(from: 0, to: size, by: chunk).map { min(chunk, size - $0) }
        }
        return [.sequence(try parts(x, axis: axis, size: size, sizes))]
    }

    func concatFromSequence() throws -> [Value] {
        var values = try sequence(0)
        guard let first = values.first else { throw invalid("an empty sequence has no parts to join") }
        let isNew = try flag("new_axis", default: false)
        guard let given = try int("axis") else { throw invalid("its attribute 'axis' is missing") }
        let rank = try shape(first).rank
        guard try values.allSatisfy({ try shape($0).rank == rank }) else {
            throw invalid("its parts have different ranks")
        }
        let axis = try self.axis(given, rank: rank + (isNew ? 1 : 0))
        if isNew {
            values = try values.map { value in
                var shape = try self.shape(value)
                shape.dimensions.insert(1, at: axis)
                return try reshape(value, shape)
            }
        }
        return [try concatenate(values, axis: axis)]
    }
}
