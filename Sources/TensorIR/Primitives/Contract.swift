import Kernels

/// A product of two tensors, summed over the axes that both have and the result lacks: every matrix product.
///
/// Axes carry labels. A label in all three tensors is a batch axis, one in both operands only is contracted; every
/// label is in at least two of the three. The form is closed: the transpose in an operand is a contraction of the result's
/// cotangent with the other operand, and a permuted operand is a relabelled one.
package struct Contract: Primitive {
    package var left: [Int]
    package var right: [Int]
    package var result: [Int]
    /// Labels are renumbered in order of appearance, so that equal contractions are equal.
    package init(_ left: [Int], _ right: [Int], to result: [Int]) {
        var seen: [Int] = []
        for label in left where !seen.contains(label) { seen.append(label) }
        for label in right where !seen.contains(label) { seen.append(label) }
        self.left = left.map { seen.firstIndex(of: $0)! }
        self.right = right.map { seen.firstIndex(of: $0)! }
        self.result = result.map { seen.firstIndex(of: $0) ?? -1 }
    }

    package var name: String { "contract" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let (a, b) = (operands[0], operands[1])
        guard a.element == b.element, a.element.isFloating else {
            throw GraphError.invalid(
                self, "element types \(a.element) and \(b.element) cannot be multiplied as matrices")
        }
        guard a.shape.rank == left.count, b.shape.rank == right.count else {
            throw GraphError.invalid(self, "\(a.shape) and \(b.shape) have other ranks than \(left) and \(right)")
        }
        let (labels, dimensions) = (left + right, a.shape.dimensions + b.shape.dimensions)
        func extent(_ label: Int) -> Dimension { dimensions[labels.firstIndex(of: label)!] }
        for (label, dimension) in zip(labels, dimensions) where extent(label) != dimension {
            throw GraphError.invalid(
                self, "\(a.shape) and \(b.shape) differ where they meet (\(extent(label)) and \(dimension))")
        }
        for label in labels {
            precondition(
                result.contains(label) || (left.contains(label) && right.contains(label)),
                "label \(label) is in one tensor only")
        }
        return TensorType(Shape(result.map { extent($0) }), a.element)
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        index == 0
            ? try graph.contract(cotangent, result, operands[1], right, to: left)
            : try graph.contract(cotangent, result, operands[0], left, to: right)
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        let k = (left + right).max().map { $0 + 1 } ?? 0
        return try graph.contract(
            operands[0], (batched[0] ? [k] : []) + left, operands[1], (batched[1] ? [k] : []) + right, to: [k] + result)
    }
    package var canAccumulate: Bool { true }
    package func kernel(_ operands: [Operand], result output: Operand, accumulate: Bool) -> any Kernel {
        ContractionKernel(
            lhs: operands[0], lhsLabels: left, rhs: operands[1], rhsLabels: right, output: output, outputLabels: result,
            accumulate: accumulate)
    }
    /// Nominal: 2 for each product.
    package func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        var products = 2
        for (label, dimension) in zip(left, operands[0].shape.dimensions) where !right.contains(label) {
            products *= dimension.size(examples: examples)
        }
        for dimension in operands[1].shape.dimensions { products *= dimension.size(examples: examples) }
        return products
    }
}
