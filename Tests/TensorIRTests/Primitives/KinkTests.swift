import Kernels
import Testing

@testable import TensorIR

/// Derivatives where a function has a kink, as PyTorch defines them.
@Suite struct KinkTests {
    /// First and second derivatives of an elementwise function at single points.
    private func derivatives(
        at points: [Double], _ build: (TensorGraph, Node) throws -> Node
    ) throws -> (first: [Double], second: [Double]) {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([Dimension(points.count)]))
        let (one, slot) = (try graph.filled(1, like: x), try graph.input(.tangent(0), graph.type(x)))
        let y = try build(graph, x)
        let tangent = try graph.linearize([y], seeds: [x: slot])[0]
        let first = try tangent.flatMap { try graph.transpose([($0, one)], to: [slot])[0] } ?? graph.zeros(like: x)
        let second = try graph.linearize([first], seeds: [x: one])[0] ?? graph.zeros(like: x)
        let values = Interpreter(graph, leaves: [x: points], examples: 1).values([first, second])
        return (values[0].values, values[1].values)
    }

    @Test func relu() throws {
        let (first, second) = try derivatives(at: [-1, 0, 2]) { try $0.relu($1) }
        #expect(first == [0, 0, 1] && second == [0, 0, 0])
    }
    @Test func absolute() throws {
        #expect(try derivatives(at: [-1, 0, 2]) { try $0.unary(.absolute, $1) }.first == [-1, 0, 1])
    }
    @Test func tiesOfMaximumAndMinimumAreShared() throws {
        for operation in [ElementwiseOperation.maximum, .minimum] {
            let isMaximum = operation == .maximum
            let (first, _) = try derivatives(at: [-1, 0, 2]) { try $0.binary(operation, $1, $0.zeros(like: $1)) }
            #expect(first == (isMaximum ? [0, 0.5, 1] : [1, 0.5, 0]))
            // The other operand has the other half.
            let (other, _) = try derivatives(at: [-1, 0, 2]) {
                try $0.append(Elementwise(operation), $0.zeros(like: $1), $1)
            }
            #expect(other == (isMaximum ? [0, 0.5, 1] : [1, 0.5, 0]))
        }
    }
    /// clip is inclusive: at its bounds, half the tangent passes each of max and min.
    @Test func selectedRange() throws {
        let (first, _) = try derivatives(at: [-1, 0, 0.5, 1, 2]) { graph, x in
            let inside = try graph.binary(
                .and, graph.binary(.lessOrEqual, graph.zeros(like: x), x),
                graph.binary(.lessOrEqual, x, graph.filled(1, like: x)))
            return try graph.select(inside, x, graph.filled(1, like: x))
        }
        #expect(first == [0, 1, 1, 1, 0])
    }

    @Test(arguments: [0.0, 1, 2, 3, 4, 5, 7])
    func integerPowers(exponent: Double) throws {
        let points = [-2.0, -1, 0, 0.5]
        let (first, second) = try derivatives(at: points) { try $0.power($1, $0.filled(exponent, like: $1)) }
        func power(_ x: Double, _ n: Double) -> Double { n < 0 ? 0 : (0..<Int(n)).reduce(1) { value, _ in value * x } }
        expectClose(
            first, points.map { exponent * power($0, exponent - 1) }, within: 1e-14, "first, exponent \(exponent)")
        expectClose(
            second, points.map { exponent * (exponent - 1) * power($0, exponent - 2) }, within: 1e-14,
            "second, exponent \(exponent)")
    }
    /// The same where exponents are data, one for each element.
    @Test func powersOfZero() throws {
        let exponents = [0.0, 1, 2, 3, 0, 1, 2, 3]
        let points = [0.0, 0, 0, 0, -2, -2, -2, -2]
        let (first, second) = try derivatives(at: points) { try $0.power($1, $0.constant(Constant([8], exponents))) }
        expectClose(first, [0, 1, 0, 0, 0, 1, -4, 12], within: 1e-14, "first")
        expectClose(second, [0, 0, 2, 0, 0, 0, 2, -12], within: 1e-14, "second")
    }
    /// d/dx b^x at b = 0 is 0.
    @Test func exponentsOverZero() throws {
        let (first, second) = try derivatives(at: [0.5, 1, 2]) { try $0.power($0.zeros(like: $1), $1) }
        #expect(first == [0, 0, 0] && second == [0, 0, 0])
    }

    @Test func roundingIsFlat() throws {
        for operation in [ElementwiseOperation.floor, .ceil, .round, .sign, .step] {
            #expect(try derivatives(at: [-1.5, 0, 1, 2.5]) { try $0.unary(operation, $1) }.first == [0, 0, 0, 0])
        }
    }
}
