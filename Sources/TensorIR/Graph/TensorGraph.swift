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
        var nodeClass: NodeClass
        /// The elements of the type's shape, for one example where there is an example axis.
        var factor: Int
        var hasExamples: Bool
        /// The value of all elements, where it is one and known.
        var uniformValue: Double?
    }

    private(set) var entries: [Entry] = []
    private var interned = InterningTable()
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
    /// Whether a node is another reading of its operand's memory.
    package func isView(_ node: Node) -> Bool { nodeClass(node).isView }
    package func nodeClass(_ node: Node) -> NodeClass { entries[Int(node.index)].nodeClass }
    package func element(_ node: Node) -> ElementType { entries[Int(node.index)].type.element }
    package func hasExamples(_ node: Node) -> Bool { entries[Int(node.index)].hasExamples }
    /// How many elements a node has in a batch of `examples`.
    package func count(_ node: Node, examples: Int) -> Int {
        let entry = entries[Int(node.index)]
        return entry.hasExamples ? entry.factor * examples : entry.factor
    }
    /// The value of a real node all of whose elements are known to be that constant.
    package func uniformValue(_ node: Node) -> Double? { entries[Int(node.index)].uniformValue }

    /// The node for `primitive` of `operands`: an existing one if there is one.
    package func append(_ primitive: any Primitive, _ operands: [Node]) throws -> Node {
        let hash = InterningTable.hash(primitive, operands)
        let known = interned.find(hash) { index in
            entries[Int(index)].operands == operands && entries[Int(index)].primitive.isSame(as: primitive)
        }
        if let known { return Node(index: known) }
        let type = try primitive.resultType(operands.map { entries[Int($0.index)].type })
        let symbolic = type.shape.dimensions.count { $0.isSymbolic }
        if symbolic > 1 {
            throw GraphError(.examplesMeet, "\(primitive.name): two axes of \(type.shape) run over the examples")
        }
        let node = Node(index: Int32(entries.count))
        let nodeClass = primitive.nodeClass
        entries.append(
            Entry(
                primitive: primitive, operands: operands, type: type, nodeClass: nodeClass, factor: type.shape.factor,
                hasExamples: symbolic > 0, uniformValue: uniformValue(primitive, nodeClass, operands)))
        interned.append(hash)
        return node
    }

    private func uniformValue(_ primitive: any Primitive, _ nodeClass: NodeClass, _ operands: [Node]) -> Double? {
        switch nodeClass {
        case .constant:
            guard let leaf = primitive as? ConstantLeaf, case .real(let values) = constants[leaf.id].values,
                values.count == 1
            else { return nil }
            return values[0]
        case .broadcast, .reshape: return uniformValue(operands[0])
        default: return nil
        }
    }

    package func append(_ primitive: any Primitive, _ operands: Node...) throws -> Node {
        try append(primitive, operands)
    }

    /// A constant tensor, stored once however often it is asked for.
    package func constant(_ value: Constant) throws -> Node {
        try append(ConstantLeaf(id: constants.intern(value), type: TensorType(Shape(value.sizes), value.element)))
    }

    package func constantValue(_ node: Node) -> Constant? {
        nodeClass(node) == .constant ? (primitive(node) as? ConstantLeaf).map { constants[$0.id] } : nil
    }

    package func setOrigin(_ name: String, of node: Node) { if origins[node] == nil { origins[node] = name } }
    package func origin(of node: Node) -> String? { origins[node] }
}
