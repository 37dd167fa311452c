import Kernels
import Testing

@testable import TensorIR

/// Sets of nodes against those of the standard library, in random order.
@Suite struct NodeSetTests {
    private static let steps = 600

    /// Node, and what to do with it, at a step.
    private func draw(_ step: Int, seed: UInt64, nodes: Int) -> (node: Node, choice: Int) {
        let random = Philox(seed: seed)
        let index = Int32(random.uniform(example: step, component: 0) * Double(nodes))
        return (Node(index: index), Int(random.uniform(example: step, component: 1) * 3))
    }

    @Test(arguments: [1, 64, 65, 300] as [Int], [1, 2] as [UInt64])
    func aSetIsThatOfTheStandardLibrary(nodes: Int, seed: UInt64) {
        var set = NodeSet()
        var reference: Set<Node> = []
        for step in 0..<Self.steps {
            let (node, choice) = draw(step, seed: seed, nodes: nodes)
            if choice == 0 {
                set.remove(node)
                reference.remove(node)
            } else {
                #expect(set.insert(node) == reference.insert(node).inserted, "seed \(seed), step \(step)")
            }
            #expect(set.contains(node) == reference.contains(node))
            #expect(set.count == reference.count)
        }
        #expect(set.nodes == reference.sorted())
        #expect(set.isEmpty == reference.isEmpty)
        #expect(!set.contains(Node(index: Int32(nodes + 1000))))
    }

    @Test(arguments: [3, 4] as [UInt64])
    func unionsAndDifferences(seed: UInt64) {
        let drawn = (0..<80).map { draw($0, seed: seed, nodes: 500).node }
        let (a, b) = (Set(drawn[..<40]), Set(drawn[20...]))
        #expect(NodeSet(a).union(NodeSet(b)).nodes == a.union(b).sorted())
        #expect(NodeSet(b).union(NodeSet(a)).nodes == a.union(b).sorted())
        var difference = NodeSet(a)
        difference.subtract(b)
        #expect(difference.nodes == a.subtracting(b).sorted())
    }
}
