import Kernels

/// A reduction over some axes, which disappear. A sum over examples is where values with an example axis become
/// parameter-sized; it is the only reduction that batches can share out.
package struct Reduce: Primitive {
    package enum Operation: Hashable, Sendable { case sum, maximum, minimum }
    package var operation: Operation
    package var axes: [Int]
    /// The result is kept in float64 whatever the run's precision: for accumulators over all examples.
    package var wide: Bool
    package init(_ operation: Operation, axes: [Int], wide: Bool = false) {
        (self.operation, self.axes, self.wide) = (operation, axes.sorted(), wide)
    }

    package var name: String { "\(operation)" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let operand = operands[0]
        guard axes.allSatisfy({ (0..<operand.shape.rank).contains($0) }),
            zip(axes, axes.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw GraphError.invalid(self, "axes \(axes) are not axes of \(operand.shape)")
        }
        guard operand.element != .bool else { throw GraphError.invalid(self, "booleans cannot be reduced") }
        if operation != .sum, let examples = operand.shape.exampleAxis, axes.contains(examples) {
            throw GraphError(.examplesMeet, "\(name): reduces over the examples of \(operand.shape)")
        }
        return TensorType(operand.shape.removing(axes: axes), wide ? .float64 : operand.element)
    }

    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        guard let tangent = tangents[0] else { return nil }
        guard operation != .sum else { return try graph.append(self, tangent) }
        // Ties share equally.
        let operand = operands[0]
        let attained = try graph.equal(operand, graph.broadcast(node, like: operand, without: axes))
        let mask = try graph.cast(attained, to: graph.type(operand).element)
        let count = try graph.broadcast(graph.sum(mask, axes: axes), like: operand, without: axes)
        return try graph.sum(graph.multiply(tangent, graph.divide(mask, count)), axes: axes)
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        precondition(operation == .sum, "only a sum is linear")
        let narrow = try graph.cast(cotangent, to: graph.type(operands[0]).element)
        return try graph.broadcast(narrow, like: operands[0], without: axes)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(Reduce(operation, axes: axes.map { $0 + 1 }, wide: wide), operands)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        result.element.isFloating ? operands[0].shape.count(examples: examples) : 0
    }
    package var canAccumulate: Bool { operation == .sum }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        let kind: ReductionOperation =
            switch operation {
            case .sum: .sum
            case .maximum: .maximum
            case .minimum: .minimum
            }
        return ReductionKernel(operation: kind, input: operands[0], output: result, axes: axes, accumulate: accumulate)
    }
}

/// Running sums along one axis.
package struct CumulativeSum: Primitive {
    package var axis: Int
    package var exclusive: Bool
    package var reverse: Bool
    package init(axis: Int, exclusive: Bool = false, reverse: Bool = false) {
        (self.axis, self.exclusive, self.reverse) = (axis, exclusive, reverse)
    }

    package var name: String { "cumulative sum" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands[0].shape[axis].number != nil else {
            throw GraphError(.examplesMeet, "cumulative sum: runs over the examples of \(operands[0].shape)")
        }
        return operands[0]
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        try graph.append(CumulativeSum(axis: axis, exclusive: exclusive, reverse: !reverse), cotangent)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try graph.append(CumulativeSum(axis: axis + 1, exclusive: exclusive, reverse: reverse), operands)
    }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        result.element.isFloating ? operands[0].shape.count(examples: examples) : 0
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        CumulativeSumKernel(input: operands[0], output: result, axis: axis, exclusive: exclusive, reverse: reverse)
    }
}
