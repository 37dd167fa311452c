import TensorIR

/// Where tensors with an example axis meet tensors without one.
///
/// A model that was exported with a fixed batch holds constants, and repeats parameters, once for each example of
/// that batch. Where such a tensor meets the real example axis it is reduced to one example, if all examples have the
/// same.
extension OperatorCall {
    /// Operands of NumPy's broadcasting, under one shape.
    func broadcastTogether(_ nodes: [Node]) throws -> [Node] {
        let fitting = try alignExamples(nodes)
        let shape = try TensorGraph.broadcastShape(fitting.map { graph.shape($0) })
        try importer.check(size: shape)
        return try fitting.map { try graph.broadcast($0, to: shape) }
    }

    /// Operands whose axes, counted from the last (but for `excluded` of them), agree on the example axis. Where they
    /// did not, an operand now has size 1 and repeats.
    func alignExamples(_ nodes: [Node], excludingLast excluded: Int = 0) throws -> [Node] {
        var nodes = nodes
        let rank = nodes.map { graph.shape($0).rank }.max() ?? 0
        for fromEnd in stride(from: excluded + 1, through: rank, by: 1) {
            nodes = try alignExamples(nodes, axes: nodes.map { graph.shape($0).rank - fromEnd })
        }
        return nodes
    }

    /// Operands of which the given axes meet (negative: the operand has none).
    func alignExamples(_ nodes: [Node], axes: [Int]) throws -> [Node] {
        let sizes = zip(nodes, axes).map { $1 < 0 ? Dimension(1) : graph.shape($0)[$1] }
        let candidates = sizes.filter(\.isSymbolic)
        guard !candidates.isEmpty, sizes.contains(where: { $0 != candidates[0] && $0 != 1 }) else { return nodes }
        for target in Set(candidates).sorted(by: { ($0.inner, $0.outer) > ($1.inner, $1.outer) }) {
            let aligned = try nodes.indices.map { index in
                sizes[index] == target || sizes[index] == 1
                    ? nodes[index] : try repeating(nodes[index], axis: axes[index], as: target)
            }
            if !aligned.contains(nil) { return aligned.map { $0! } }
        }
        let shapes = nodes.map { graph.shape($0).description }.joined(separator: " and ")
        throw GraphError(
            .examplesMeet,
            "\(shapes) do not fit: one of them holds different values for each position where another has the examples")
    }

    /// `node` with its axis made to repeat over `target`: one example's values, size 1 or B. nil if they differ.
    func repeating(_ node: Node, axis: Int, as target: Dimension) throws -> Node? {
        let size = graph.shape(node)[axis]
        let batch = importer.fixedBatch
        guard size.isSymbolic || batch.map({ size == Dimension(target.factor * $0) }) ?? false else { return nil }
        if let one = try unrepeated(node, axis: axis, depth: 0) { return one }
        // Several positions for each example, in one axis with them.
        guard let batch, !size.isSymbolic, target.factor > 1 else { return nil }
        var split = graph.shape(node).dimensions
        split.replaceSubrange(axis...axis, with: [Dimension(target.outer), Dimension(batch), Dimension(target.inner)])
        let unfolded = try graph.reshape(node, Shape(split))
        guard let one = try unrepeated(unfolded, axis: axis + 1, depth: 0) else { return nil }
        split[axis + 1] = .examples
        let repeated = try graph.broadcast(one, to: Shape(split))
        split.replaceSubrange(axis...(axis + 2), with: [target])
        return try graph.reshape(repeated, Shape(split))
    }

    /// One slice of an axis, if all slices are equal: the axis gets the size 1.
    private func unrepeated(_ node: Node, axis: Int, depth: Int) throws -> Node? {
        let key = Importer.UnrepeatedKey(node: node, axis: axis)
        if let known = importer.unrepeated[key] { return known }
        let found = try findUnrepeated(node, axis: axis, depth: depth)
        importer.unrepeated[key] = .some(found)
        return found
    }
    private func findUnrepeated(_ node: Node, axis: Int, depth: Int) throws -> Node? {
        let shape = graph.shape(node)
        let operands = graph.operands(node)
        if shape[axis] == 1 { return node }
        guard depth < 64 else { return nil }
        func operand(_ index: Int, _ axis: Int) throws -> Node? {
            try unrepeated(operands[index], axis: axis, depth: depth + 1)
        }
        var result = shape
        result[axis] = 1
        switch graph.primitive(node) {
        case let broadcast as Broadcast:
            guard let from = broadcast.axes.firstIndex(of: axis) else {
                return try graph.broadcast(operands[0], to: result, axes: broadcast.axes)
            }
            return try operand(0, from).map { try graph.broadcast($0, to: result, axes: broadcast.axes) }
        case is ConstantLeaf:
            guard let value = graph.constantValue(node), let one = HostTensor(value).unrepeated(axis: axis) else {
                return nil
            }
            return try graph.constant(one.constant())
        case let leaf as InputLeaf:
            guard case .parameter(let index) = leaf.role, let size = shape[axis].number, size == importer.fixedBatch,
                importer.weights.parameters[index].hostTensor().unrepeated(axis: axis) != nil
            else { return nil }
            importer.perExample.insert(index)
            return try graph.slice(node, axis: axis, start: 0, count: 1)
        case let primitive as Elementwise:
            let parts = try operands.indices.map { try operand($0, axis) }
            return parts.contains(nil) ? nil : try graph.append(primitive, parts.map { $0! })
        case is Reshape:
            guard let from = matchingAxis(graph.shape(operands[0]), shape, axis) else { return nil }
            return try operand(0, from).map { try graph.reshape($0, result) }
        case let permute as Permute:
            return try operand(0, permute.axes[axis]).map { try graph.permute($0, permute.axes) }
        case let slice as Slice:
            return try operand(0, axis).map { slice.axis == axis ? $0 : try graph.append(slice, $0) }
        case let concatenate as Concatenate where concatenate.axis != axis:
            let parts = try operands.indices.map { try operand($0, axis) }
            return parts.contains(nil) ? nil : try graph.append(concatenate, parts.map { $0! })
        case let gather as Gather where axis >= gather.lead:
            let indexRank = graph.shape(operands[1]).rank
            guard gather.batchAxes == 0 else { return nil }
            if axis - gather.lead < indexRank {
                return try operand(1, axis - gather.lead).map { try graph.append(gather, operands[0], $0) }
            }
            return try operand(0, axis - indexRank + 1).map { try graph.append(gather, $0, operands[1]) }
        case let reduce as Reduce:
            let kept = graph.shape(operands[0]).dimensions.indices.filter { !reduce.axes.contains($0) }
            return try operand(0, kept[axis]).map { try graph.append(reduce, $0) }
        case let contract as Contract:
            let label = contract.result[axis]
            let parts = try zip(operands, [contract.left, contract.right]).map { node, labels -> Node? in
                guard let own = labels.firstIndex(of: label) else { return node }
                return try unrepeated(node, axis: own, depth: depth + 1)
            }
            return parts.contains(nil) ? nil : try graph.append(contract, parts.map { $0! })
        case let detached as Detached:
            return try operand(0, axis).map { try graph.append(detached, $0) }
        default: return nil
        }
    }

    /// The axis of a reshape's operand that became `axis` of its result.
    private func matchingAxis(_ from: Shape, _ to: Shape, _ axis: Int) -> Int? {
        func before(_ shape: Shape, _ axis: Int) -> Int { shape.dimensions[..<axis].reduce(1) { $0 * $1.factor } }
        return from.dimensions.indices.first { from[$0] == to[axis] && before(from, $0) == before(to, axis) }
    }
}

extension HostTensor {
    init(_ constant: Constant) {
        switch constant.values {
        case .real(let values): self.init(constant.sizes, values)
        case .int64(let values): self.init(constant.sizes, values.map { Extent(Int($0)) })
        case .bool(let values): self.init(constant.sizes, values)
        }
    }
}
