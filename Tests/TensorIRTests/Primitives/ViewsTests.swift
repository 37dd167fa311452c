import Kernels
import Testing

@testable import TensorIR

@Suite struct ViewsTests {
    struct BroadcastCase: CustomStringConvertible {
        var operand: Shape
        var shape: Shape
        var axes: [Int]
        var description: String { "\(operand) to \(shape) at \(axes)" }
    }

    @Test(arguments: [
        BroadcastCase(operand: [], shape: [4], axes: []),
        BroadcastCase(operand: [3], shape: [.examples, 3], axes: [1]),
        BroadcastCase(operand: [.examples], shape: [.examples, 3], axes: [0]),
        BroadcastCase(operand: [2, 4], shape: [2, 3, 4, 5], axes: [0, 2]),
        BroadcastCase(operand: [.examples, 4], shape: [2, .examples, 1, 4], axes: [1, 3]),
        BroadcastCase(operand: [1, 3], shape: [2, 1, 3], axes: [1, 2]),
    ])
    func broadcast(_ test: BroadcastCase) throws {
        try expectDerivativesMatch([.uniform(test.operand), .uniform(test.shape)], seed: 1) { graph, x in
            // A product, so that the second derivative crosses the broadcast.
            try graph.multiply(graph.broadcast(x[0], to: test.shape, axes: test.axes), x[1])
        } reference: { x in
            Dense(x[1].sizes) { index in x[0][test.axes.map { index[$0] }] * x[1][index] }
        }
    }

    @Test(arguments: [[0], [1, 0], [0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0], [3, 1, 0, 2]])
    func permute(axes: [Int]) throws {
        for exampleAxis in axes.indices {
            var shape = Shape([2, 3, 4, 5].prefix(axes.count).map { Dimension($0) })
            shape[exampleAxis] = .examples
            try expectDerivativesMatch([.uniform(shape)], seed: UInt64(exampleAxis)) { [shape] graph, x in
                let result = try graph.permute(graph.square(x[0]), axes)
                #expect(graph.shape(result) == Shape(axes.map { shape[$0] }))
                return result
            } reference: { x in
                Dense(axes.map { x[0].sizes[$0] }) { index in
                    var from = index
                    for (result, operand) in axes.enumerated() { from[operand] = index[result] }
                    return x[0][from] * x[0][from]
                }
            }
        }
    }

    struct ReshapeCase: CustomStringConvertible {
        var operand: Shape
        var shape: Shape
        var description: String { "\(operand) to \(shape)" }
    }

    /// (B, T) folds to B*T and (T, B) to T*B, and either unfolds again.
    private static let batchOutside = Dimension(examplesTimes: 4)
    private static let batchInside = Dimension(outer: 4, examplesTimes: 1)

    @Test(arguments: [
        ReshapeCase(operand: [6], shape: [2, 3]),
        ReshapeCase(operand: [2, 3], shape: [3, 2]),
        ReshapeCase(operand: [1], shape: []),
        ReshapeCase(operand: [2, 1, 3], shape: [1, 6, 1]),
        ReshapeCase(operand: [.examples, 2, 3], shape: [.examples, 6]),
        ReshapeCase(operand: [.examples, 4, 3], shape: [batchOutside, 3]),
        ReshapeCase(operand: [batchOutside, 3], shape: [.examples, 2, 2, 3]),
        ReshapeCase(operand: [4, .examples, 3], shape: [batchInside, 3]),
        ReshapeCase(operand: [batchInside, 3], shape: [2, 2, .examples, 3]),
        ReshapeCase(operand: [4, .examples, 3], shape: [2, Dimension(outer: 2, examplesTimes: 3)]),
        ReshapeCase(operand: [Dimension(outer: 2, examplesTimes: 3)], shape: [2, .examples, 3, 1]),
        ReshapeCase(operand: [.examples, 1], shape: [1, .examples]),
    ])
    func reshape(_ test: ReshapeCase) throws {
        let (seed, examples) = (UInt64(2), 3)
        try expectDerivativesMatch([.uniform(test.operand)], seed: seed, examples: examples) { graph, x in
            try graph.reshape(graph.square(x[0]), test.shape)
        } reference: { x in
            Dense(test.shape.sizes(examples: examples), values: x[0].values.map { $0 * $0 })
        }
    }

    @Test(arguments: [
        ReshapeCase(operand: [.examples, 4], shape: [4, .examples]),
        ReshapeCase(operand: [.examples, 4], shape: [Dimension(outer: 4, examplesTimes: 1)]),
        ReshapeCase(operand: [4, .examples], shape: [Dimension(examplesTimes: 4)]),
        ReshapeCase(operand: [Dimension(examplesTimes: 4)], shape: [2, Dimension(examplesTimes: 2)]),
        ReshapeCase(operand: [Dimension(outer: 2, examplesTimes: 2)], shape: [4, .examples]),
    ])
    func reshapeThatMixesExamplesIsRefused(_ test: ReshapeCase) throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType(test.operand))
        expectGraphError(.examplesMeet, "reshape: \(test.operand) to \(test.shape) mixes the examples") {
            try graph.reshape(x, test.shape)
        }
    }

    /// Views of views: every result must be what copying each step gives.
    @Test(arguments: 0..<100)
    func reshapeOfStridedViews(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let graph = TensorGraph()
        let sizes = (0..<3).map { _ in generator.pick([1, 2, 4, 6]) }
        let x = try graph.input(.parameter(0), TensorType(Shape(sizes)))
        var node = try graph.permute(x, [0, 1, 2].shuffled(using: &generator))
        if generator.next(below: 2) == 0 {
            let axis = generator.next(below: 3)
            let size = graph.shape(node)[axis].inner
            if size > 1 { node = try graph.slice(node, axis: axis, start: size - 1, step: -1, count: size / 2) }
        }
        if generator.next(below: 2) == 0 { node = try graph.broadcastLeading(node, size: 2) }
        // Factors of all sizes in order, shuffled together at random.
        var target = graph.shape(node).numbers!.flatMap { $0 == 6 ? [2, 3] : $0 == 4 ? [2, 2] : [$0] }
        for _ in 0..<3 where target.count > 1 {
            let at = generator.next(below: target.count - 1)
            target.replaceSubrange(at...(at + 1), with: [target[at] * target[at + 1]])
        }
        if generator.next(below: 2) == 0 { target.insert(1, at: generator.next(below: target.count + 1)) }
        node = try graph.reshape(node, Shape(target))
        let values = [x: generator.uniform(count: sizes.reduce(1, *))]
        let (viewed, copied) = (
            Interpreter(graph, leaves: values, examples: 1).value(node),
            Interpreter(graph, leaves: values, examples: 1, copiesViews: true).value(node)
        )
        #expect(viewed == copied, "seed \(seed), \(sizes) to \(target)")
    }

    struct SliceCase: CustomStringConvertible {
        var axis: Int
        var start: Int
        var step: Int
        var count: Int
        var description: String { "\(count) from \(start) in steps of \(step) along \(axis)" }
    }

    @Test(arguments: [
        SliceCase(axis: 1, start: 0, step: 1, count: 7), SliceCase(axis: 1, start: 2, step: 1, count: 3),
        SliceCase(axis: 1, start: 1, step: 2, count: 3), SliceCase(axis: 1, start: 6, step: -1, count: 7),
        SliceCase(axis: 1, start: 5, step: -2, count: 3), SliceCase(axis: 1, start: 6, step: -3, count: 2),
        SliceCase(axis: 2, start: 1, step: 5, count: 1), SliceCase(axis: 2, start: 1, step: -1, count: 1),
    ])
    func slice(_ test: SliceCase) throws {
        try expectDerivativesMatch([.uniform([.examples, 7, 3])], seed: 5) { graph, x in
            try graph.slice(graph.square(x[0]), axis: test.axis, start: test.start, step: test.step, count: test.count)
        } reference: { x in
            var sizes = x[0].sizes
            sizes[test.axis] = test.count
            return Dense(sizes) { index in
                var from = index
                from[test.axis] = test.start + index[test.axis] * test.step
                return x[0][from] * x[0][from]
            }
        }
    }

    @Test func sliceOfNothing() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([.examples, 4]))
        let (slot, u) = (
            try graph.input(.tangent(0), graph.type(x)), try graph.input(.value(0), TensorType([.examples, 0]))
        )
        let empty = try graph.slice(x, axis: 1, start: 0, count: 0)
        let tangent = try #require(try graph.linearize([empty], seeds: [x: slot])[0])
        let cotangent = try #require(try graph.transpose([(tangent, u)], to: [slot])[0])
        let interpreter = Interpreter(graph, leaves: [x: [1, 2, 3, 4], u: []], examples: 1)
        #expect(interpreter.value(empty).sizes == [1, 0])
        #expect(interpreter.value(cotangent) == Dense([1, 4]) { _ in 0 })
    }

    @Test func reverse() throws {
        try expectDerivativesMatch([.uniform([2, .examples, 5])], seed: 6) { graph, x in
            try graph.multiply(x[0], graph.reverse(x[0], axis: 2))
        } reference: { x in
            Dense(x[0].sizes) { x[0][$0] * x[0][$0[0], $0[1], 4 - $0[2]] }
        }
    }

    @Test func detachedStopsDifferentiation() throws {
        try expectDerivativesMatch([.uniform([3])], seed: 7, isConstant: true) { graph, x in
            try graph.square(graph.detached(x[0]))
        } reference: { x in
            x[0].map { $0 * $0 }
        }
        // As a factor it is a constant: d(x c) = c dx, and the second derivative is zero.
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([3]))
        let one = try graph.filled(1, like: x)
        let tangent = try #require(try graph.linearize([graph.multiply(x, graph.detached(x))], seeds: [x: one])[0])
        #expect(Interpreter(graph, leaves: [x: [1, 2, 3]], examples: 1).value(tangent).values == [1, 2, 3])
        #expect(try graph.linearize([tangent], seeds: [x: one]) == [nil])
    }
}
