import TensorIR

/// A value for some nodes of a graph: a dictionary whose keys are dense, so that a look-up is an index.
package struct NodeTable<Value> {
    private var values: [Value?]

    /// - Parameter count: Nodes that there is room for from the start; the table grows as it has to.
    package init(count: Int = 0) { values = [Value?](repeating: nil, count: count) }

    package subscript(node: Node) -> Value? {
        get {
            let index = Int(node.index)
            return index < values.count ? values[index] : nil
        }
        set {
            makeRoom(for: node)
            values[Int(node.index)] = newValue
        }
    }

    private mutating func makeRoom(for node: Node) {
        let (index, count) = (Int(node.index), values.count)
        if index >= count { values += [Value?](repeating: nil, count: max(index + 1, 2 * count) - count) }
    }
}

extension NodeTable where Value: RangeReplaceableCollection {
    /// Adds to the node's list, which is empty at first.
    package mutating func append(_ element: Value.Element, at node: Node) {
        makeRoom(for: node)
        let index = Int(node.index)
        if values[index] == nil { values[index] = Value() }
        values[index]!.append(element)
    }
}

extension NodeTable: Sendable where Value: Sendable {}
