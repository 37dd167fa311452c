import Kernels
import Testing

@testable import TensorIR

@Suite struct GramTests {
    /// The example axis as a sum, kept apart, and views that BLAS can and cannot read.
    @Test(
        arguments: [
            ([.examples, 3], 0, 1, [0, 1]), ([4, 3], 0, 0, [0, 1]), ([.examples, 2, 3], 0, 2, [0, 1, 2]),
            ([.examples, 2, 3], 0, 1, [0, 1, 2]), ([2, .examples, 3], 1, 2, [0, 1, 2]), ([3, 2, 4], 2, 2, [0, 1, 2]),
            ([.examples, 2, 3], 0, 2, [0, 2, 1]), ([2, .examples, 4, 3], 1, 3, [0, 1, 3, 2]), ([5], 0, 0, [0]),
            ([.examples, 1], 0, 1, [0, 1]),
        ] as [(Shape, Int, Int, [Int])])
    func patterns(shape: Shape, kept: Int, axis: Int, order: [Int]) throws {
        try expectDerivativesMatch([.uniform(shape)], seed: 1, examples: 4) { graph, x in
            try graph.append(Gram(kept: kept, axis: axis), graph.permute(x[0], order))
        } reference: { x in
            let sizes = order.map { x[0].sizes[$0] }
            let features = sizes[axis]
            var sums = Dense(Array(sizes[..<kept]) + [features, features]) { _ in 0 }
            // Where an index of the permuted value lies in x.
            func value(_ index: [Int]) -> Double {
                var place = [Int](repeating: 0, count: order.count)
                for (result, operand) in order.enumerated() { place[operand] = index[result] }
                return x[0][place]
            }
            for index in Dense.indices(sizes) {
                for column in 0..<features {
                    var other = index
                    other[axis] = column
                    sums[Array(index[..<kept]) + [index[axis], column]] += value(index) * value(other)
                }
            }
            return sums
        }
    }

    /// Sizes with several tiles, in every layout; symmetric to the last bit, and added to what was there.
    @Test(arguments: [Storage.float32, .float64], [[0, 1], [1, 0]])
    func tiles(precision: Storage, order: [Int]) throws {
        let (terms, features) = (701, 83)
        let graph = TensorGraph()
        let sizes = order == [0, 1] ? [terms, features] : [features, terms]
        let x = try graph.input(.data("x"), TensorType(Shape(sizes)))
        let gram = try graph.append(Gram(axis: 1), graph.permute(x, order))
        var generator = SeededGenerator(seed: 3)
        let values = (0..<terms * features).map { _ in Double.random(in: -1...1, using: &generator) }
        let before = (0..<features * features).map { Double($0 / features + $0 % features) }
        let interpreter = Interpreter(graph, leaves: [x: values], examples: 1, precision: precision)
        let (got, added) = (interpreter.value(gram), interpreter.accumulated(gram, onto: before))
        #expect(interpreter.miscounts.isEmpty)
        let tolerance = precision == .float32 ? 1e-4 : 1e-11
        for i in 0..<features {
            for j in 0...i {
                let want = (0..<terms).reduce(0.0) { sum, term in
                    order == [0, 1]
                        ? sum + values[term * features + i] * values[term * features + j]
                        : sum + values[i * terms + term] * values[j * terms + term]
                }
                #expect(abs(got.values[i * features + j] - want) < tolerance)
                #expect(got.values[i * features + j] == got.values[j * features + i])
                #expect(abs(added.values[i * features + j] - want - Double(i + j)) < tolerance)
                #expect(added.values[i * features + j] == added.values[j * features + i])
            }
        }
    }

    @Test func shapes() throws {
        let graph = TensorGraph()
        let x = try graph.input(.data("x"), TensorType([.examples, 3]))
        expectGraphError(.examplesMeet, "gram: multiplies the examples of (B, 3)") {
            try graph.append(Gram(axis: 0), x)
        }
        expectGraphError(.invalid, "gram: real(B, 3) has no real axis 2 behind 0 others") {
            try graph.append(Gram(axis: 2), x)
        }
    }
}
