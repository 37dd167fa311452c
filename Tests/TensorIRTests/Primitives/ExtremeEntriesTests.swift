import Kernels
import Testing

@testable import TensorIR

@Suite struct ExtremeEntriesTests {
    private func evaluate(
        _ leaves: [(shape: [Int], element: ElementType, values: [Double])], precision: Storage = .float64,
        _ build: (TensorGraph, [Node]) throws -> Node
    ) throws -> [Double] {
        let graph = TensorGraph()
        var values: [Node: [Double]] = [:]
        let nodes = try leaves.enumerated().map { index, leaf in
            let node = try graph.input(.value(index), TensorType(Shape(leaf.shape), leaf.element))
            values[node] = leaf.values
            return node
        }
        let interpreter = Interpreter(graph, leaves: values, examples: 1, precision: precision)
        return try interpreter.value(build(graph, nodes)).values
    }

    @Test func extremeEntries() throws {
        let values = [1.0, -3, 2, 3, -3, 0, 2]
        for (order, want) in [
            (ExtremeEntries.Order.largest, [3.0, 2, 6, 0]), (.smallest, [1, 4, 5, 0]),
            (.largestMagnitude, [3, 1, 4, 2]),
        ] {
            let got = try evaluate([([7], .float64, values)]) { try $0.append(ExtremeEntries(count: 4, order), $1) }
            #expect(got == want)
        }
        // Many are sorted, a few are picked: they agree.
        var generator = SeededGenerator(seed: 2)
        let many = (0..<500).map { _ in Double.random(in: -1...1, using: &generator) }
        let few = try evaluate([([500], .float64, many)]) { try $0.append(ExtremeEntries(count: 64, .largest), $1) }
        let all = try evaluate([([500], .float64, many)]) { try $0.append(ExtremeEntries(count: 500, .largest), $1) }
        #expect(few == Array(all[..<64]))
        #expect(all == many.indices.sorted { many[$0] > many[$1] }.map(Double.init))
    }
}
