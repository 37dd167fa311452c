import TensorIR

/// Who reads each node, in the table's order: the lists of all nodes, one after the other.
struct NodeUses {
    /// Where each node's list begins; the next one's beginning is its end.
    private var starts: [Int32]
    private var users: [Node] = []

    /// - Parameters:
    ///   - nodes: Readers, in the table's order.
    ///   - kept: Those of them that are not computed and so read nothing.
    init(_ structure: GraphStructure, nodes: [Node], kept: NodeSet) {
        starts = [Int32](repeating: 0, count: structure.count + 1)
        for reader in nodes where !kept.contains(reader) {
            for operand in structure.operands(reader) { starts[Int(operand.index) + 1] += 1 }
        }
        for index in 0..<structure.count { starts[index + 1] += starts[index] }
        users = [Node](repeating: Node(index: 0), count: Int(starts[structure.count]))
        var ends = starts
        for reader in nodes where !kept.contains(reader) {
            for operand in structure.operands(reader) {
                users[Int(ends[operand])] = reader
                ends[operand] += 1
            }
        }
    }

    subscript(node: Node) -> ArraySlice<Node> { users[Int(starts[node])..<Int(starts[Int(node.index) + 1])] }
}
