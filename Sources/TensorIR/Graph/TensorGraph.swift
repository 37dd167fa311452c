/// A value in a tensor graph: an index into its table.
package struct Node: Hashable, Sendable, Comparable {
    package let index: Int32
    package static func < (a: Node, b: Node) -> Bool { a.index < b.index }
}

/// A table of interned nodes: equal primitives of equal operands are one node. Two requests that need the same sweep
/// therefore *have* the same nodes, and sharing needs no other mechanism.
///
/// Nodes come after their operands, so the table is in topological order. A graph only grows; it has one owner while it does.
package final class TensorGraph {
    struct Entry {
        var primitive: any Primitive
        var operands: [Node]
        var type: TensorType
    }
    private struct Key: Hashable {
        var primitive: AnyHashable
        var operands: [Node]
    }

    private(set) var entries: [Entry] = []
    private var interned: [Key: Node] = [:]
    /// Where nodes come from, for messages: the model's own names.
    private var origins: [Node: String] = [:]
    package private(set) var constants = ConstantTable()

    package init() {}

    /// A copy to build further: nodes keep their indices.
    package func copy() -> TensorGraph {
        let copy = TensorGraph()
        (copy.entries, copy.interned, copy.origins, copy.constants) = (entries, interned, origins, constants)
        return copy
    }

    package var count: Int { entries.count }
    package var nodes: [Node] { (0..<Int32(entries.count)).map(Node.init) }
    package func type(_ node: Node) -> TensorType { entries[Int(node.index)].type }
    package func shape(_ node: Node) -> Shape { type(node).shape }
    package func primitive(_ node: Node) -> any Primitive { entries[Int(node.index)].primitive }
    package func operands(_ node: Node) -> [Node] { entries[Int(node.index)].operands }

    /// The node for `primitive` of `operands`: an existing one if there is one.
    package func append(_ primitive: any Primitive, _ operands: [Node]) throws -> Node {
        let key = Key(primitive: AnyHashable(primitive), operands: operands)
        if let node = interned[key] { return node }
        let type = try primitive.resultType(operands.map { entries[Int($0.index)].type })
        if type.shape.dimensions.count(where: \.isSymbolic) > 1 {
            throw GraphError(.examplesMeet, "\(primitive.name): two axes of \(type.shape) run over the examples")
        }
        let node = Node(index: Int32(entries.count))
        entries.append(Entry(primitive: primitive, operands: operands, type: type))
        interned[key] = node
        return node
    }

    package func append(_ primitive: any Primitive, _ operands: Node...) throws -> Node {
        try append(primitive, operands)
    }

    /// A constant tensor, stored once however often it is asked for.
    package func constant(_ value: Constant) throws -> Node {
        try append(ConstantLeaf(id: constants.intern(value), type: TensorType(Shape(value.sizes), value.element)))
    }

    package func constantValue(_ node: Node) -> Constant? {
        (primitive(node) as? ConstantLeaf).map { constants[$0.id] }
    }

    package func setOrigin(_ name: String, of node: Node) { if origins[node] == nil { origins[node] = name } }
    package func origin(of node: Node) -> String? { origins[node] }
}
