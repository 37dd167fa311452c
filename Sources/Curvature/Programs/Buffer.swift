import TensorIR

extension Schedule {
    /// What holds a value in memory: the value's own, or a dense copy of a view.
    package struct Buffer: Hashable, Sendable {
        /// Twice the node's, and one more for a copy: tables and sets of buffers are arrays.
        fileprivate let index: Int

        package static func value(_ node: Node) -> Buffer { Buffer(index: 2 * Int(node.index)) }
        package static func copy(_ node: Node) -> Buffer { Buffer(index: 2 * Int(node.index) + 1) }
        package var node: Node { Node(index: Int32(index >> 1)) }
        package var isCopy: Bool { index & 1 == 1 }
    }
}

/// A set of buffers of a graph's nodes.
package struct BufferSet {
    private var isMember: [Bool]

    /// - Parameter nodes: How many nodes the graph has.
    package init(nodes: Int) { isMember = [Bool](repeating: false, count: 2 * nodes) }
    package func contains(_ buffer: Schedule.Buffer) -> Bool { isMember[buffer.index] }
    /// Whether the buffer was no member before.
    @discardableResult
    package mutating func insert(_ buffer: Schedule.Buffer) -> Bool {
        let isNew = !isMember[buffer.index]
        isMember[buffer.index] = true
        return isNew
    }
}

/// A place or a position for some of a schedule's buffers.
package struct BufferTable {
    /// -1 where there is none.
    private var entries: [Int]

    /// - Parameter nodes: How many nodes the graph has.
    package init(nodes: Int) { entries = [Int](repeating: -1, count: 2 * nodes) }
    package subscript(buffer: Schedule.Buffer) -> Int? {
        get {
            let entry = entries[buffer.index]
            return entry < 0 ? nil : entry
        }
        set { entries[buffer.index] = newValue ?? -1 }
    }
    /// The buffers that have an entry, in the nodes' order, a node's value before its copy.
    var buffers: some Sequence<Schedule.Buffer> {
        entries.indices.lazy.filter { entries[$0] >= 0 }.map { Schedule.Buffer(index: $0) }
    }
}
