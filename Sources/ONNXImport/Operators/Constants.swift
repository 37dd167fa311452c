import TensorIR

/// Constants, and tensors made from nothing but sizes.
extension OperatorCall {
    func constant() throws -> [Value] {
        if let tensor = try tensor("value") { return [.host(try tensor.hostTensor())] }
        if let value = try float("value_float") { return [.host(HostTensor(scalar: value))] }
        if let values = try floats("value_floats") { return [.host(HostTensor([values.count], values))] }
        if let value = try int("value_int") { return [.host(HostTensor(scalar: Extent(value)))] }
        if let values = try ints("value_ints") { return [.host(HostTensor(values.map { Extent($0) }))] }
        throw unsupported(
            "a constant with the attributes \(attributes.keys.sorted()) is not supported; expected numbers")
    }

    func constantOfShape() throws -> [Value] {
        let shape = try self.shape(from: extents(0))
        let value = try tensor("value")?.hostTensor() ?? HostTensor([1], [0.0])
        guard value.count == 1 else { throw invalid("its value has \(value.count) elements; expected one") }
        return [try broadcast(.host(value.reshaped([])), to: shape)]
    }

    func range() throws -> [Value] {
        let bounds = try (0..<3).map { try host($0) }
        guard bounds.allSatisfy({ $0.count == 1 }) else {
            throw invalid("start, limit and step have to be single numbers")
        }
        let limit = 1 << 22
        if bounds[0].element == .int64 {
            let numbers = try bounds.map { bound in
                guard let number = bound.integers()[0].number else {
                    throw GraphError(.examplesMeet, "it counts the examples")
                }
                return number
            }
            guard numbers[2] != 0 else { throw invalid("its step is 0") }
            let count = (Double(numbers[1]) - Double(numbers[0])) / Double(numbers[2])
            guard count <= Double(limit) else { throw invalid("it has more than \(limit) elements") }
            return [.host(HostTensor(stride(from: numbers[0], to: numbers[1], by: numbers[2]).map { Extent($0) }))]
        }
        let numbers = try bounds.map { try $0.reals()[0] }
        let count = ((numbers[1] - numbers[0]) / numbers[2]).rounded(.up)
        guard numbers[2] != 0, count.isFinite, count <= Double(limit) else {
            throw invalid("from \(numbers[0]) to \(numbers[1]) in steps of \(numbers[2]) is not possible")
        }
        let values = (0..<Int(max(0, count))).map { numbers[0] + Double($0) * numbers[2] }
        return [.host(HostTensor([values.count], values))]
    }

    /// The indices of what is not zero, one column each; how many there are has to be known.
    func nonZero() throws -> [Value] {
        let x = try host(0)
        let flags = x.booleans()
        let hits = flags.indices.filter { flags[$0] }
        let strides = x.strides
        let rows = x.sizes.indices.flatMap { axis in
            hits.map { Extent($0 / max(1, strides[axis]) % max(1, x.sizes[axis])) }
        }
        return [.host(HostTensor([x.sizes.count, hits.count], rows))]
    }
}
