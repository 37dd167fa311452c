/// What passes over a graph ask of a node again and again, looked up once when it is made.
package struct NodeRecord: Sendable {
    package let nodeClass: NodeClass
    package let element: ElementType
    package let hasExamples: Bool
    /// Equal for equal shapes, and for no others.
    package let shapeID: Int32
    @usableFromInline let operandStart: Int32
    @usableFromInline let operandEnd: Int32
    /// The elements of its shape, for one example where there is an example axis.
    package let factor: Int

    @inlinable package func count(examples: Int) -> Int { hasExamples ? factor * examples : factor }
}

/// The nodes of a graph as a table of plain records, and their operands one after the other: a pass over thousands of nodes then counts no
/// references and asks no primitive. A copy is a snapshot, which does not change when the graph grows.
package struct GraphStructure: Sendable {
    @usableFromInline private(set) var records: [NodeRecord] = []
    @usableFromInline private(set) var operandList: [Node] = []
    private var shapeIDs: [Shape: Int32] = [:]

    @inlinable package var count: Int { records.count }
    @inlinable package subscript(node: Node) -> NodeRecord { records[Int(node.index)] }
    @inlinable package func operands(_ node: Node) -> ArraySlice<Node> {
        let record = records[Int(node.index)]
        return operandList[Int(record.operandStart)..<Int(record.operandEnd)]
    }
    /// The operand of a view.
    @inlinable package func source(_ view: Node) -> Node { operandList[Int(self[view].operandStart)] }

    mutating func append(_ nodeClass: NodeClass, _ operands: [Node], _ type: TensorType) {
        let start = operandList.count
        operandList += operands
        let shape = shapeProperties(nodeClass, operands, type.shape)
        records.append(
            NodeRecord(
                nodeClass: nodeClass, element: type.element, hasExamples: shape.hasExamples, shapeID: shape.id,
                operandStart: Int32(start), operandEnd: Int32(operandList.count), factor: shape.factor))
    }

    private mutating func shapeProperties(
        _ nodeClass: NodeClass, _ operands: [Node], _ shape: Shape
    ) -> (id: Int32, factor: Int, hasExamples: Bool) {
        // Elementwise operations, most of all nodes, have their operands' shape.
        if nodeClass.operation != nil {
            let operand = self[operands[0]]
            return (operand.shapeID, operand.factor, operand.hasExamples)
        }
        let id = shapeIDs[shape] ?? Int32(shapeIDs.count)
        shapeIDs[shape] = id
        return (id, shape.factor, shape.hasExamples)
    }
}
