import Kernels

/// Where the first `count` entries of a float64 vector lie in an order: int64. Of equal entries the earlier one comes first.
///
/// An end of the graph: nothing of it is ever differentiated.
package struct ExtremeEntries: Primitive {
    package typealias Order = ExtremeEntriesKernel.Order
    package var count: Int
    package var order: Order
    package init(count: Int, _ order: Order) { (self.count, self.order) = (count, order) }

    package var name: String { "extreme-entries" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands[0].element == .float64, operands[0].shape.rank == 1, operands[0].shape.factor >= count else {
            throw GraphError.invalid(self, "\(operands[0]) is no float64 vector of \(count) entries or more")
        }
        return TensorType(Shape([count]), .int64)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        ExtremeEntriesKernel(operands[0], order: order, result: result)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
}
