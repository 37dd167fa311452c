import TensorIR

/// Picking by index and by condition.
extension Tensor {
    /// Rows of `self` (rows, ...) by integer indices, which may depend on the example: (indices' shape) + (...).
    ///
    /// Indices count from 0; one outside the rows is an error when the model runs.
    public func gathered(_ indices: Tensor) throws -> Tensor {
        try requireOneModel([indices], "gathered")
        return try make("gathered") { graph in
            guard indices.isInteger else {
                throw ModelError(.shape, "expected integer indices, found \(indices.type.element) of shape \(indices)")
            }
            guard rank > 0 else { throw ModelError(.shape, "expected rows to pick from, found \(self)") }
            _ = try axis(0)
            return try graph.append(Gather(), node, indices.node)
        }
    }
    /// Positions of an axis in a given order.
    public func gathered(axis: Int, _ positions: [Int]) throws -> Tensor {
        try make("gathered") { graph in
            let index = try self.axis(axis)
            guard !positions.isEmpty, positions.allSatisfy({ (0..<size(index)).contains($0) }) else {
                throw ModelError(
                    .shape, "expected positions within the \(size(index)) of axis \(axis), found \(positions)")
            }
            let constant = try graph.constant(Constant([positions.count], positions.map { Int64($0) }))
            return try graph.append(Gather(lead: index), node, constant)
        }
    }

    /// `a` where an element of `self` is positive, else `b`; all broadcast.
    public func wherePositive(_ a: Tensor, else b: Tensor) throws -> Tensor {
        try requireOneModel([a, b], "wherePositive")
        return try makeReal("wherePositive") { graph in
            for operand in [a, b] { try operand.requireReal("wherePositive") }
            let nodes = try graph.broadcastTogether([node, a.node, b.node])
            return try graph.wherePositive(nodes[0], nodes[1], nodes[2])
        }
    }
    /// The same value without a derivative.
    public func detached() throws -> Tensor { try makeReal("detached") { try $0.detached(node) } }
    /// 1 at the place of each integer along a new last axis of `count` places, 0 elsewhere: class indices (rows) become (rows, count). An integer
    /// that is no place gives zeros.
    public func oneHot(_ count: Int) throws -> Tensor {
        try make("oneHot") { graph in
            guard isInteger, count > 0 else {
                throw ModelError(
                    .shape,
                    "expected integers and a positive count, found \(type.element) of shape \(self) and \(count)")
            }
            return try graph.oneHot(node, count: count)
        }
    }
    /// Integers as real numbers.
    public func asReal() throws -> Tensor { try make("asReal") { try $0.cast(node, to: .real) } }
}
