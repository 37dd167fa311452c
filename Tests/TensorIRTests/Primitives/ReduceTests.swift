import Kernels
import Testing

@testable import TensorIR

@Suite struct ReduceTests {
    private static let axisSets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [2, 1], [0, 1, 2]]

    private static func reduce(_ x: Dense, _ axes: [Int], _ initial: Double, _ combine: (Double, Double) -> Double)
        -> Dense
    {
        let kept = x.sizes.indices.filter { !axes.contains($0) }
        var result = Dense(kept.map { x.sizes[$0] }) { _ in initial }
        for index in Dense.indices(x.sizes) {
            result[kept.map { index[$0] }] = combine(result[kept.map { index[$0] }], x[index])
        }
        return result
    }

    @Test(arguments: axisSets)
    func sum(axes: [Int]) throws {
        for wide in [false, true] {
            try expectDerivativesMatch([.uniform([.examples, 4, 3])], seed: 1) { graph, x in
                let sum = try graph.sum(graph.square(x[0]), axes: axes, wide: wide)
                #expect(graph.type(sum).element == (wide ? .float64 : .real))
                return try graph.multiply(sum, sum)
            } reference: { x in
                ReduceTests.reduce(x[0].map { $0 * $0 }, axes, 0, +).map { $0 * $0 }
            }
        }
    }

    @Test(arguments: [[1], [2], [1, 2]])
    func maximumAndMinimum(axes: [Int]) throws {
        try expectDerivativesMatch([.distinct([.examples, 4, 3])], seed: 2) { graph, x in
            try graph.square(graph.maximum(x[0], axes: axes))
        } reference: { x in
            ReduceTests.reduce(x[0], axes, -.infinity, max).map { $0 * $0 }
        }
        try expectDerivativesMatch([.distinct([4, .examples, 3])], seed: 3) { graph, x in
            try graph.square(graph.minimum(x[0], axes: axes.map { $0 == 1 ? 0 : 2 }))
        } reference: { x in
            ReduceTests.reduce(x[0], axes.map { $0 == 1 ? 0 : 2 }, .infinity, min).map { $0 * $0 }
        }
    }

    @Test func wideElements() throws {
        try expectDerivativesMatch([.wide([2, 3])], seed: 4) { graph, x in
            try graph.multiply(graph.maximum(x[0], axes: [1]), graph.sum(x[0], axes: [1]))
        } reference: { x in
            Dense([2]) { row in
                let values = (0..<3).map { x[0][row[0], $0] }
                return values.max()! * values.reduce(0, +)
            }
        }
    }

    @Test func tiesShareEqually() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([3, 4]))
        let u = try graph.input(.outputVector(slot: 0, hasColumns: false), TensorType([3]))
        let slot = try graph.input(.tangent(0), graph.type(x))
        let values: [Double] = [1, 5, 5, 2, 7, 7, 7, 7, -.infinity, 3, -.infinity, 0]
        func cotangent(_ reduced: Node) throws -> [Double] {
            let tangent = try #require(try graph.linearize([reduced], seeds: [x: slot])[0])
            let cotangent = try #require(try graph.transpose([(tangent, u)], to: [slot])[0])
            return Interpreter(graph, leaves: [x: values, u: [6, 8, 10]], examples: 1).value(cotangent).values
        }
        #expect(try cotangent(graph.maximum(x, axes: [1])) == [0, 3, 3, 0, 2, 2, 2, 2, 0, 10, 0, 0])
        #expect(try cotangent(graph.minimum(x, axes: [1])) == [6, 0, 0, 0, 2, 2, 2, 2, 5, 0, 5, 0])
    }

    @Test func emptyReductions() throws {
        let graph = TensorGraph()
        let empty = try graph.input(.value(0), TensorType([2, 0]))
        let interpreter = Interpreter(graph, leaves: [empty: []], examples: 1)
        #expect(interpreter.value(try graph.sum(empty, axes: [1])).values == [0, 0])
        #expect(interpreter.value(try graph.maximum(empty, axes: [1])).values == [-.infinity, -.infinity])
        #expect(interpreter.value(try graph.minimum(empty, axes: [1])).values == [.infinity, .infinity])
    }

    @Test func integers() throws {
        let graph = TensorGraph()
        let x = try graph.constant(Constant([2, 3], [3, -1, 4, 1, -5, 9] as [Int64]))
        let interpreter = Interpreter(graph, leaves: [:], examples: 1)
        #expect(interpreter.value(try graph.sum(x, axes: [1])).values == [6, 5])
        #expect(interpreter.value(try graph.maximum(x, axes: [0])).values == [3, -1, 9])
        #expect(interpreter.value(try graph.minimum(x, axes: [0, 1])).values == [-5])
    }

    /// A wide sum of single-precision numbers keeps what a narrow one rounds away.
    @Test func wideSumKeepsSmallTerms() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([2]))
        let interpreter = Interpreter(graph, leaves: [x: [1e8, 1]], examples: 1, precision: .float32)
        #expect(interpreter.value(try graph.sum(x, axes: [0], wide: true)).values == [1e8 + 1])
        #expect(interpreter.value(try graph.sum(x, axes: [0])).values == [1e8])
    }

    @Test func accumulation() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([.examples, 3]))
        for wide in [false, true] {
            for precision in [Storage.float32, .float64] {
                let sum = try graph.sum(x, axes: [0], wide: wide)
                let interpreter = Interpreter(
                    graph, leaves: [x: [1, 2, 3, 4, 5, 6]], examples: 2, precision: precision)
                #expect(graph.primitive(sum).canAccumulate)
                #expect(interpreter.accumulated(sum, onto: [10, 20, 30]).values == [15, 27, 39])
            }
        }
    }

    @Test(arguments: [0, 1, 2])
    func cumulativeSum(axis: Int) throws {
        var shape: Shape = [2, 3, 4]
        shape[axis == 0 ? 1 : 0] = .examples
        for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
            try expectDerivativesMatch([.uniform(shape)], seed: UInt64(axis)) { graph, x in
                try graph.append(CumulativeSum(axis: axis, exclusive: exclusive, reverse: reverse), graph.square(x[0]))
            } reference: { x in
                Dense(x[0].sizes) { index in
                    (0..<x[0].sizes[axis]).reduce(0) { sum, position in
                        let distance = reverse ? position - index[axis] : index[axis] - position
                        var from = index
                        from[axis] = position
                        return distance > 0 || (distance == 0 && !exclusive) ? sum + x[0][from] * x[0][from] : sum
                    }
                }
            }
        }
    }
}
