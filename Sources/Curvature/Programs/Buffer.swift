import TensorIR

extension Schedule {
    /// What holds a value in memory.
    package enum Buffer: Hashable {
        case value(Node)
        /// A dense copy of a view.
        case copy(Node)

        package var node: Node {
            switch self {
            case .value(let node), .copy(let node): node
            }
        }
    }
}

/// A set of buffers.
package struct BufferSet {
    private var values = NodeSet()
    private var copies = NodeSet()

    package init() {}
    package func contains(_ buffer: Schedule.Buffer) -> Bool {
        switch buffer {
        case .value(let node): values.contains(node)
        case .copy(let node): copies.contains(node)
        }
    }
    /// Whether the buffer was no member before.
    @discardableResult
    package mutating func insert(_ buffer: Schedule.Buffer) -> Bool {
        switch buffer {
        case .value(let node): values.insert(node)
        case .copy(let node): copies.insert(node)
        }
    }
    /// The members in the nodes' order, a node's value before its copy.
    var members: [Schedule.Buffer] {
        values.union(copies).nodes.flatMap { node in
            [Schedule.Buffer.value(node), .copy(node)].filter { contains($0) }
        }
    }
}

/// A value for some of a schedule's buffers.
package struct BufferTable<Value> {
    private var values: NodeTable<Value>
    private var copies = NodeTable<Value>()

    package init(nodes: Int = 0) { values = NodeTable(count: nodes) }
    package subscript(buffer: Schedule.Buffer) -> Value? {
        get {
            switch buffer {
            case .value(let node): values[node]
            case .copy(let node): copies[node]
            }
        }
        set {
            switch buffer {
            case .value(let node): values[node] = newValue
            case .copy(let node): copies[node] = newValue
            }
        }
    }
}
