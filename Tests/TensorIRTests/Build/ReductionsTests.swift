import Foundation
import Kernels
import Testing

@testable import TensorIR

@Suite struct ReductionsTests {
    /// Applies `body` to every line along `axis`.
    private static func alongLines(_ x: Dense, _ axis: Int, _ body: ([Double]) -> [Double]) -> Dense {
        var result = x
        var starts = x.sizes
        starts[axis] = 1
        for start in Dense.indices(starts) {
            func at(_ position: Int) -> [Int] { start.enumerated().map { $0.offset == axis ? position : $0.element } }
            let line = (0..<x.sizes[axis]).map { x[at($0)] }
            for (position, value) in body(line).enumerated() { result[at(position)] = value }
        }
        return result
    }
    private static func logSumExp(_ line: [Double]) -> Double {
        let top = line.max()!
        return top + log(line.reduce(0) { $0 + exp($1 - top) })
    }

    @Test(arguments: [1, 2])
    func softmax(axis: Int) throws {
        try expectDerivativesMatch([.uniform([.examples, 4, 3], -3...3)], seed: 1) { graph, x in
            try graph.softmax(x[0], axis: axis)
        } reference: { x in
            ReductionsTests.alongLines(x[0], axis) { line in line.map { exp($0 - ReductionsTests.logSumExp(line)) } }
        }
    }
    @Test(arguments: [1, 2])
    func logSoftmax(axis: Int) throws {
        try expectDerivativesMatch([.uniform([.examples, 4, 3], -3...3)], seed: 2) { graph, x in
            try graph.logSoftmax(x[0], axis: axis)
        } reference: { x in
            ReductionsTests.alongLines(x[0], axis) { line in line.map { $0 - ReductionsTests.logSumExp(line) } }
        }
    }
    @Test(arguments: [0, 2])
    func logSumExp(axis: Int) throws {
        try expectDerivativesMatch([.uniform([4, .examples, 3], -3...3)], seed: 3) { graph, x in
            try graph.logSumExp(x[0], axis: axis)
        } reference: { x in
            let lines = ReductionsTests.alongLines(x[0], axis) { line in
                line.map { _ in ReductionsTests.logSumExp(line) }
            }
            var sizes = x[0].sizes
            sizes.remove(at: axis)
            return Dense(sizes) { index in lines[Array(index[..<axis]) + [0] + index[axis...]] }
        }
    }

    /// Numbers whose exponentials do not fit.
    @Test func largeScores() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([2, 2]))
        for scale in [1e3, 1e30] {
            let interpreter = Interpreter(
                graph, leaves: [x: [scale, -scale, -scale, -scale]], examples: 1, precision: .float32)
            let single = Double(Float(scale))
            #expect(interpreter.value(try graph.softmax(x, axis: 1)).values == [1, 0, 0.5, 0.5])
            expectClose(
                interpreter.value(try graph.logSoftmax(x, axis: 1)).values, [0, -2 * single, -log(2), -log(2)],
                within: 1e-6,
                "log softmax")
            expectClose(
                interpreter.value(try graph.logSumExp(x, axis: 1)).values, [single, log(2) - single], within: 1e-6,
                "log sum exp")
        }
    }

    enum Mask: CaseIterable {
        /// Where some scores are -infinity, added to others.
        case added
        case selected
    }

    /// Attention with a mask that hides some scores and, in the last row, all of them: values and derivatives are those
    /// of the scores that are seen; what is hidden gives zeros, never NaN.
    @Test(arguments: Mask.allCases, [false, true])
    func maskedScores(mask: Mask, isLogarithm: Bool) throws {
        let seen: [[Bool]] = [
            [true, true, true, true], [true, false, true, false], [false, false, false, true],
            [false, false, false, false],
        ]
        let hidden = seen.joined().map { $0 ? 0 : -Double.infinity }
        try expectDerivativesMatch(
            [.uniform([.examples, 4, 2]), .uniform([.examples, 4, 2]), .uniform([.examples, 4])], seed: 4
        ) { graph, x in
            let scores = try graph.contract(x[0], [0, 1, 2], x[1], [0, 3, 2], to: [0, 1, 3])
            let shape = graph.shape(scores)
            let masked: Node
            switch mask {
            case .added:
                let addend = try graph.broadcast(graph.constant(Constant([4, 4], hidden)), to: shape, axes: [1, 2])
                masked = try graph.add(scores, addend)
            case .selected:
                let isSeen = try graph.broadcast(
                    graph.constant(Constant([4, 4], seen.flatMap(\.self))), to: shape, axes: [1, 2])
                masked = try graph.select(isSeen, scores, graph.filled(-.infinity, like: scores))
            }
            if isLogarithm { return try graph.multiply(graph.logSumExp(masked, axis: 2), x[2]) }
            return try graph.contract(graph.softmax(masked, axis: 2), [0, 1, 2], x[2], [0, 2], to: [0, 1])
        } reference: { x in
            Dense([3, 4]) { index in
                let (b, row) = (index[0], index[1])
                let columns = (0..<4).filter { seen[row][$0] }
                if columns.isEmpty { return 0 }
                let scores = columns.map { column in (0..<2).reduce(0) { $0 + x[0][b, row, $1] * x[1][b, column, $1] } }
                let total = ReductionsTests.logSumExp(scores)
                if isLogarithm { return total * x[2][b, row] }
                return zip(columns, scores).reduce(0) { $0 + exp($1.1 - total) * x[2][b, $1.0] }
            }
        }
    }

    /// A score of -infinity has log probability -infinity; the others and all derivatives are finite.
    @Test func maskedLogSoftmax() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([2, 3]))
        let u = try graph.input(.value(0), TensorType([2, 3]))
        let mask = try graph.constant(Constant([2, 3], [0, -.infinity, 0, -.infinity, -.infinity, -.infinity]))
        let y = try graph.logSoftmax(graph.add(x, mask), axis: 1)
        let slot = try graph.input(.tangent(0), graph.type(x))
        let tangent = try #require(try graph.linearize([y], seeds: [x: slot])[0])
        let gradient = try #require(try graph.transpose([(tangent, u)], to: [slot])[0])
        let curvature = try #require(try graph.linearize([gradient], seeds: [x: u])[0])
        for precision in [Storage.float32, .float64] {
            let interpreter = Interpreter(
                graph, leaves: [x: [1, 9, 1, 2, 3, 4], u: [1, 2, 3, 4, 5, 6], slot: [1, 2, 3, 4, 5, 6]], examples: 1,
                precision: precision)
            let tolerance = precision == .float32 ? 1e-6 : 1e-14
            let half = -log(2.0)
            let values = interpreter.value(y).values
            expectClose(
                values, [half, -.infinity, half, -.infinity, -.infinity, -.infinity], within: tolerance, "value")
            expectClose(interpreter.value(tangent).values, [-1, 0, 1, 4, 5, 6], within: tolerance, "tangent")
            // u - p sum u; hidden entries have p = 0.
            expectClose(interpreter.value(gradient).values, [-2, 2, 0, 4, 5, 6], within: tolerance, "gradient")
            // -sum u (diag p - p p^T) v with v = u = (1, 2, 3).
            expectClose(interpreter.value(curvature).values, [3, 0, -3, 0, 0, 0], within: tolerance, "curvature")
        }
    }

    @Test func mean() throws {
        try expectDerivativesMatch([.uniform([.examples, 4, 2])], seed: 5) { graph, x in
            try graph.mean(graph.square(x[0]), axes: [1, 2])
        } reference: { x in
            Dense([3]) { index in
                (0..<8).reduce(0) { $0 + x[0][index[0], $1 / 2, $1 % 2] * x[0][index[0], $1 / 2, $1 % 2] / 8 }
            }
        }
    }
}
