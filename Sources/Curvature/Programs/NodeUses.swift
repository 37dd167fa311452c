import TensorIR

/// Who reads each node, in the table's order: the lists of all nodes, one after the other.
struct NodeUses {
    /// Where each node's list begins; the next one's beginning is its end.
    private var starts: [Int]
    private var users: [Node]

    /// - Parameters:
    ///   - nodes: Readers, in the table's order.
    ///   - kept: Those of them that are not computed and so read nothing.
    init(_ graph: TensorGraph, nodes: [Node], kept: NodeSet) {
        let readers = nodes.filter { !kept.contains($0) }
        starts = [Int](repeating: 0, count: graph.count + 1)
        for reader in readers { for operand in graph.operands(reader) { starts[Int(operand.index) + 1] += 1 } }
        for index in 0..<graph.count { starts[index + 1] += starts[index] }
        let total = starts[graph.count]
        users = readers.first.map { [Node](repeating: $0, count: total) } ?? []
        var ends = starts
        for reader in readers {
            for operand in graph.operands(reader) {
                users[ends[Int(operand.index)]] = reader
                ends[Int(operand.index)] += 1
            }
        }
    }

    subscript(node: Node) -> ArraySlice<Node> { users[starts[Int(node.index)]..<starts[Int(node.index) + 1]] }
}
