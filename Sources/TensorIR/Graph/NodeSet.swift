/// A set of nodes of one graph, one bit for each node of the table: passes over a graph ask for membership at every step, and
/// visit members in the table's order.
package struct NodeSet: Sendable, ExpressibleByArrayLiteral {
    @usableFromInline var words: [UInt64] = []

    @inlinable package init() {}
    @inlinable package init(_ nodes: some Sequence<Node>) { for node in nodes { insert(node) } }
    @inlinable package init(arrayLiteral elements: Node...) { self.init(elements) }

    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    @inlinable package func contains(_ node: Node) -> Bool {
        let index = Int(node.index)
        return index >> 6 < words.count && words[index >> 6] & (1 << UInt64(index & 63)) != 0
    }

    /// Whether the node was no member before.
    @discardableResult
    @inlinable package mutating func insert(_ node: Node) -> Bool {
        let (word, bit) = (Int(node.index) >> 6, UInt64(1) << UInt64(node.index & 63))
        if word >= words.count { words += [UInt64](repeating: 0, count: word + 1 - words.count) }
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }

    package mutating func remove(_ node: Node) {
        guard contains(node) else { return }
        words[Int(node.index) >> 6] &= ~(1 << UInt64(node.index & 63))
    }

    package mutating func subtract(_ nodes: some Sequence<Node>) { for node in nodes { remove(node) } }

    package func union(_ other: NodeSet) -> NodeSet {
        var union = words.count >= other.words.count ? self : other
        let smaller = words.count >= other.words.count ? other : self
        for (index, word) in smaller.words.enumerated() { union.words[index] |= word }
        return union
    }

    /// The members in the table's order.
    package var nodes: [Node] {
        var nodes: [Node] = []
        nodes.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                nodes.append(Node(index: Int32(index << 6 + rest.trailingZeroBitCount)))
                rest &= rest - 1
            }
        }
        return nodes
    }
}
