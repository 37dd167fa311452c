/// A value in a tensor graph: an index into its table.
package struct Node: Hashable, Sendable, Comparable {
    package let index: Int32
    @inlinable package init(index: Int32) { self.index = index }
    package static func < (a: Node, b: Node) -> Bool { a.index < b.index }
}

/// A table of interned nodes: equal primitives of equal operands are one node. Two requests that need the same sweep
/// therefore *have* the same nodes, and sharing needs no other mechanism.
///
/// Nodes come after their operands, so the table is in topological order. A graph only grows; it has one owner while it does.
package final class TensorGraph {
    // Unchecked: a graph has one owner while it grows, and nobody adds nodes while he reads one.
    /// Classes, shapes and operands of all nodes.
    @exclusivity(unchecked) package private(set) var structure = GraphStructure()
    @exclusivity(unchecked) private var primitives: [any Primitive] = []
    @exclusivity(unchecked) private var types: [TensorType] = []
    /// The value of all elements, where it is one and known.
    @exclusivity(unchecked) private var uniformValues: [Double?] = []
    @exclusivity(unchecked) private var interned = InterningTable()
    /// Where nodes come from, for messages: the model's own names.
    private var origins: [Node: String] = [:]
    package private(set) var constants = ConstantTable()

    package init() {}

    /// A copy to build further: nodes keep their indices.
    package func copy() -> TensorGraph {
        let copy = TensorGraph()
        (copy.structure, copy.primitives, copy.types, copy.uniformValues) = (
            structure, primitives, types, uniformValues
        )
        (copy.interned, copy.origins, copy.constants) = (interned, origins, constants)
        return copy
    }

    package var count: Int { primitives.count }
    package var nodes: [Node] { (0..<Int32(count)).map(Node.init) }
    package func type(_ node: Node) -> TensorType { types[Int(node.index)] }
    package func shape(_ node: Node) -> Shape { types[Int(node.index)].shape }
    package func primitive(_ node: Node) -> any Primitive { primitives[Int(node.index)] }
    package func operands(_ node: Node) -> [Node] { Array(structure.operands(node)) }
    /// Whether a node is another reading of its operand's memory.
    package func isView(_ node: Node) -> Bool { nodeClass(node).isView }
    package func nodeClass(_ node: Node) -> NodeClass { structure[node].nodeClass }
    package func element(_ node: Node) -> ElementType { structure[node].element }
    package func hasExamples(_ node: Node) -> Bool { structure[node].hasExamples }
    /// Whether two nodes have one shape and element type.
    func haveSameType(_ a: Node, _ b: Node) -> Bool {
        structure[a].shapeID == structure[b].shapeID && structure[a].element == structure[b].element
    }
    /// How many elements a node has in a batch of `examples`.
    package func count(_ node: Node, examples: Int) -> Int { structure[node].count(examples: examples) }
    /// The value of a real node all of whose elements are known to be that constant.
    package func uniformValue(_ node: Node) -> Double? { uniformValues[Int(node.index)] }

    /// The node for `primitive` of `operands`: an existing one if there is one.
    package func append(_ primitive: any Primitive, _ operands: [Node]) throws -> Node {
        let hash = InterningTable.hash(primitive, operands)
        let known = interned.find(hash) { index in
            structure.operands(Node(index: index)).elementsEqual(operands)
                && primitives[Int(index)].isSame(as: primitive)
        }
        if let known { return Node(index: known) }
        let type = try primitive.resultType(operands.map { types[Int($0.index)] })
        guard type.shape.dimensions.count(where: \.isSymbolic) <= 1 else {
            throw GraphError(.examplesMeet, "\(primitive.name): two axes of \(type.shape) run over the examples")
        }
        let node = Node(index: Int32(count))
        let nodeClass = primitive.nodeClass
        uniformValues.append(uniformValue(primitive, nodeClass, operands))
        structure.append(nodeClass, operands, type)
        primitives.append(primitive)
        types.append(type)
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
