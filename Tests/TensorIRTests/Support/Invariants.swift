import Testing

@testable import TensorIR

/// What holds for every graph: operands come before their users, types are what the shape rules say, at most one axis
/// runs over the examples, and no two nodes are equal.
func expectInvariants(_ graph: TensorGraph, _ label: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let count = graph.count
    for node in graph.nodes {
        let (primitive, operands) = (graph.primitive(node), graph.operands(node))
        #expect(
            operands.allSatisfy { $0 < node }, "\(label): \(primitive) before its operands",
            sourceLocation: sourceLocation)
        let type = try primitive.resultType(operands.map { graph.type($0) })
        #expect(type == graph.type(node), "\(label): type of \(primitive)", sourceLocation: sourceLocation)
        #expect(
            type.shape.dimensions.count { $0.isSymbolic } <= 1, "\(label): \(primitive) gives \(type)",
            sourceLocation: sourceLocation)
        #expect(
            try graph.append(primitive, operands) == node, "\(label): \(primitive) twice",
            sourceLocation: sourceLocation)
    }
    #expect(graph.count == count, "\(label): nodes were not interned", sourceLocation: sourceLocation)
}
