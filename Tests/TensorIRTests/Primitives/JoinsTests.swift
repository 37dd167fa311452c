import Testing

@testable import TensorIR

@Suite struct JoinsTests {
    @Test(arguments: [
        Pad(axis: 1, low: 2, high: 1), Pad(axis: 1, low: 0, high: 3), Pad(axis: 2, low: 1, high: 0, interior: 1),
        Pad(axis: 1, low: 0, high: 0, interior: 2), Pad(axis: 2, low: 3, high: 2, interior: 3),
    ])
    func pad(_ pad: Pad) throws {
        try expectDerivativesMatch([.uniform([.examples, 4, 3])], seed: 1) { graph, x in
            try graph.append(pad, graph.square(x[0]))
        } reference: { x in
            var sizes = x[0].sizes
            sizes[pad.axis] = pad.low + pad.high + sizes[pad.axis] + (sizes[pad.axis] - 1) * pad.interior
            return Dense(sizes) { index in
                var from = index
                let (quotient, rest) = (index[pad.axis] - pad.low).quotientAndRemainder(dividingBy: pad.interior + 1)
                from[pad.axis] = quotient
                guard rest == 0, (0..<x[0].sizes[pad.axis]).contains(quotient) else { return 0 }
                return x[0][from] * x[0][from]
            }
        }
    }

    @Test func padOfNothing() throws {
        let graph = TensorGraph()
        let empty = try graph.input(.value(0), TensorType([2, 0]))
        let padded = try graph.append(Pad(axis: 1, low: 1, high: 2, interior: 4), empty)
        #expect(Interpreter(graph, leaves: [empty: []], examples: 1).value(padded) == Dense([2, 3]) { _ in 0 })
    }

    @Test(arguments: [0, 1, 2])
    func concatenate(axis: Int) throws {
        let sizes = [1, 3, 2]
        let shapes = sizes.map { size in
            var shape: Shape = [2, 3, 4]
            shape[axis == 0 ? 1 : 0] = .examples
            shape[axis] = Dimension(size)
            return shape
        }
        let inputs = shapes.map { Input.uniform($0) }
        try expectDerivativesMatch(inputs, seed: UInt64(axis)) { graph, x in
            try graph.concatenate([graph.square(x[0]), x[1], graph.multiply(x[2], x[2])], axis: axis)
        } reference: { x in
            var total = x[0].sizes
            total[axis] = sizes.reduce(0, +)
            return Dense(total) { index in
                var (from, part) = (index, 0)
                while from[axis] >= sizes[part] {
                    from[axis] -= sizes[part]
                    part += 1
                }
                return part == 1 ? x[1][from] : x[part][from] * x[part][from]
            }
        }
    }

    /// Operands without a tangent count as constant.
    @Test func concatenateWithConstants() throws {
        try expectDerivativesMatch([.uniform([.examples, 2])], seed: 3) { graph, x in
            try graph.concatenate([graph.filled(1, like: x[0]), graph.square(x[0]), x[0], x[0]], axis: 1)
        } reference: { x in
            Dense([x[0].sizes[0], 8]) { index in
                let value = x[0][index[0], index[1] % 2]
                return [1, value * value, value, value][index[1] / 2]
            }
        }
    }

    @Test func concatenateIntegers() throws {
        let graph = TensorGraph()
        let a = try graph.constant(Constant([2], [1, 2] as [Int64]))
        let joined = try graph.concatenate([a, graph.expand(graph.scalar(Int64(7)), at: 0), a], axis: 0)
        #expect(graph.type(joined) == TensorType([5], .int64))
        #expect(Interpreter(graph, leaves: [:], examples: 1).value(joined).values == [1, 2, 7, 1, 2])
    }
}
