import Testing

@testable import TensorIR

/// All rules at once: programs that nobody thought of.
@Suite struct RandomProgramTests {
    @Test(arguments: 0..<150)
    func derivatives(seed: UInt64) throws {
        try expectDerivativesMatch(RandomProgram.inputs, seed: seed, examples: 2 + Int(seed % 2)) { graph, x in
            try RandomProgram.build(graph, x, seed: seed, length: 4 + Int(seed % 12))
        }
    }

    /// Neither views nor the interpreter's order matter: copying every step gives the same numbers.
    @Test(arguments: 0..<50)
    func viewsAgreeWithCopies(seed: UInt64) throws {
        let graph = TensorGraph()
        let leaves = try RandomProgram.inputs.enumerated().map { try $1.leaf($0, in: graph) }
        let output = try RandomProgram.build(graph, leaves, seed: 1000 + seed, length: 20)
        var generator = SeededGenerator(seed: seed)
        let values = Dictionary(
            uniqueKeysWithValues: leaves.map { ($0, generator.uniform(count: graph.shape($0).count(examples: 3))) })
        let viewed = Interpreter(graph, leaves: values, examples: 3).value(output)
        let copied = Interpreter(graph, leaves: values, examples: 3, copiesViews: true).value(output)
        expectClose(viewed, copied, within: 1e-13, "seed \(seed)")
    }

    /// Building the same program again, or on a copy, finds every node.
    @Test(arguments: 0..<20)
    func sameProgramAddsNoNode(seed: UInt64) throws {
        let graph = TensorGraph()
        let leaves = try RandomProgram.inputs.enumerated().map { try $1.leaf($0, in: graph) }
        let output = try RandomProgram.build(graph, leaves, seed: seed, length: 25)
        let (count, copy) = (graph.count, graph.copy())
        #expect(try RandomProgram.build(graph, leaves, seed: seed, length: 25) == output)
        #expect(try RandomProgram.build(copy, leaves, seed: seed, length: 25) == output)
        #expect(graph.count == count && copy.count == count)
    }
}
