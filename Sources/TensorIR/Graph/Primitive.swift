import Kernels

/// One operation of the tensor graph, with its attributes; its operands are nodes.
///
/// The set is small and closed under differentiation: every rule below is written with primitives of the set, so that
/// everything can be differentiated again.
package protocol Primitive: Hashable, Sendable {
    var name: String { get }
    /// What it is to passes over a graph.
    var nodeClass: NodeClass { get }

    /// **Shape.** The result's type, or an error that says what does not fit.
    func resultType(_ operands: [TensorType]) throws -> TensorType

    /// **Forward derivative.** The tangent of the result where `tangents` are those of the operands (nil: zero).
    /// The default serves primitives that are linear in each operand which can have a tangent.
    func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node?

    /// **Transpose.** The cotangent of operand `index`, in which the primitive is linear, from the result's.
    func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node

    /// **Batching.** The result for operands of which those marked carry an extra leading axis of `size`;
    /// at least one does. The result carries it in front.
    func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node

    /// **Evaluation**, for a primitive whose result is another view of its operand's memory; nil where it has to be computed.
    func view(_ operand: Operand, resultSizes: [Int]) -> Operand?

    /// **Evaluation.** The kernel for these operands; `accumulate`: adds to the result instead of writing it.
    func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel

    /// Multiply-adds of matrix products and convolutions, counted as 2: nominal, from shapes alone.
    func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int

    /// All floating-point work as the kernel counts it, `matmulFlops` included.
    func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int

    /// Bytes that each task of the kernel takes beside the operands while it runs, the largest first, where these may be many.
    ///
    /// - Parameter width: Bytes of a real number in the run's precision.
    func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int]

    /// Whether the kernel can add to what the result holds; else a sum over batches goes through a buffer.
    var canAccumulate: Bool { get }
    /// Whether operand `index` has to be contiguous for the kernel.
    func needsContiguous(_ index: Int) -> Bool
}

extension Primitive {
    package var nodeClass: NodeClass { .computed }
    func isSame(as other: any Primitive) -> Bool { (other as? Self).map { $0 == self } ?? false }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        var sum: Node?
        for (index, tangent) in tangents.enumerated() {
            guard let tangent else { continue }
            var replaced = operands
            replaced[index] = tangent
            let term = try graph.append(self, replaced)
            sum = try sum.map { try graph.add($0, term) } ?? term
        }
        return sum
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        preconditionFailure("\(name) is not linear in operand \(index)")
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        preconditionFailure("\(name) never meets tangents")
    }
    package func view(_ operand: Operand, resultSizes: [Int]) -> Operand? { nil }
    package func matmulFlops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int { 0 }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        matmulFlops(operands, result: result, examples: examples)
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] { [] }
    package var canAccumulate: Bool { false }
    package func needsContiguous(_ index: Int) -> Bool { false }
}
