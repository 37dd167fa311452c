import Testing

@testable import TensorIR

@Suite struct FirstOccurrenceTests {
    @Test(arguments: [1, 2, 7, 300]) func positionsOfEqualIndices(positions: Int) throws {
        let graph = TensorGraph()
        let (examples, rows) = (4, 11)
        let indices = try graph.input(.data("i"), TensorType([.examples, Dimension(positions)], .int64))
        let first = try graph.append(FirstOccurrence(rows: rows), indices)
        var generator = SeededGenerator(seed: 3)
        // Some from the end, and some that a table would refuse.
        let values = (0..<examples * positions).map { _ in
            Double(Int.random(in: -rows - 2...rows + 2, using: &generator))
        }
        let got = Interpreter(graph, leaves: [indices: values], examples: examples).value(first)
        func row(_ place: Int) -> Double { values[place] < 0 ? values[place] + Double(rows) : values[place] }
        for n in 0..<examples {
            let own = (0..<positions).map { row(n * positions + $0) }
            for s in 0..<positions { #expect(got[n, s] == Double(own.firstIndex(of: own[s])!)) }
        }
    }
}
