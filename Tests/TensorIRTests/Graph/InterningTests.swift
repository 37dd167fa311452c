import Kernels
import Testing

@testable import TensorIR

@Suite struct InterningTests {
    private func expression(_ graph: TensorGraph) throws -> Node {
        let x = try graph.input(.parameter(0), TensorType([.examples, 4]))
        let w = try graph.input(.parameter(1), TensorType([4, 3]))
        let hidden = try graph.relu(graph.matmul(x, w))
        return try graph.logSumExp(graph.scale(hidden, by: 0.5), axis: 1)
    }

    @Test func sameExpressionAddsNoNode() throws {
        let graph = TensorGraph()
        let first = try expression(graph)
        let count = graph.count
        #expect(try expression(graph) == first)
        #expect(graph.count == count)
    }

    /// The same sweep, asked for twice, is there once: derivatives too.
    @Test func sameDerivativeAddsNoNode() throws {
        let graph = TensorGraph()
        let y = try expression(graph)
        let (x, slot) = (graph.nodes[0], try graph.input(.tangent(0), graph.type(graph.nodes[0])))
        let u = try graph.input(.value(0), graph.type(y))
        func gradient() throws -> Node {
            let tangent = try #require(try graph.linearize([y], seeds: [x: slot])[0])
            return try #require(try graph.transpose([(tangent, u)], to: [slot])[0])
        }
        let first = try gradient()
        let count = graph.count
        #expect(try gradient() == first)
        #expect(graph.count == count)
    }

    /// Many more nodes than the table has room for at first: each is found again, and none is taken for another.
    @Test func manyNodesAreFoundAgain() throws {
        let graph = TensorGraph()
        func nodes() throws -> [Node] {
            try (0..<2000).map { try graph.input(.parameter($0), TensorType([Dimension($0 % 7 + 1), .examples])) }
        }
        let first = try nodes()
        #expect(Set(first).count == 2000)
        #expect(try nodes() == first)
        #expect(graph.count == 2000)
        // A copy grows by itself.
        let copy = graph.copy()
        let grown = try copy.exp(first[1999])
        #expect(graph.count == 2000)
        #expect(try graph.log(first[1999]) == grown)
        #expect(try copy.log(first[1999]) != grown)
    }

    @Test func attributesTellNodesApart() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([4, 4]))
        let nodes = [
            try graph.sum(x, axes: [0]), try graph.sum(x, axes: [1]), try graph.sum(x, axes: [0], wide: true),
            try graph.maximum(x, axes: [0]), try graph.minimum(x, axes: [0]),
            try graph.permute(x, [1, 0]), try graph.reverse(x, axis: 0), try graph.reverse(x, axis: 1),
            try graph.slice(x, axis: 0, start: 0, count: 2), try graph.slice(x, axis: 0, start: 0, step: 2, count: 2),
            try graph.append(CumulativeSum(axis: 0), x), try graph.append(CumulativeSum(axis: 0, exclusive: true), x),
            try graph.pad(x, axis: 0, low: 1, high: 0), try graph.pad(x, axis: 0, low: 0, high: 1),
            try graph.cast(x, to: .int64), try graph.cast(x, to: .bool), try graph.exp(x), try graph.log(x),
            try graph.input(.parameter(1), TensorType([4, 4])), try graph.input(.tangent(0), TensorType([4, 4])),
        ]
        #expect(Set(nodes).count == nodes.count)
    }

    @Test func constantsAreStoredOnce() throws {
        let graph = TensorGraph()
        let a = try graph.constant(Constant([2], [1.0, 2]))
        #expect(try graph.constant(Constant([2], [1.0, 2])) == a)
        #expect(graph.constantValue(a) == Constant([2], [1.0, 2]))
        let others = [
            try graph.constant(Constant([2, 1], [1.0, 2])), try graph.constant(Constant([2], [1, 2] as [Int64])),
            try graph.constant(Constant([2], [1.0, 3])), try graph.constant(Constant([2], [true, false])),
        ]
        #expect(Set(others + [a]).count == 5)
    }

    /// 0 and -0 are different numbers: 1 / x tells.
    @Test func signedZerosStayApart() throws {
        let graph = TensorGraph()
        let (zero, minus) = (try graph.scalar(0.0), try graph.scalar(-0.0))
        let interpreter = Interpreter(graph, leaves: [:], examples: 1)
        #expect(interpreter.value(try graph.reciprocal(zero)).values == [.infinity])
        #expect(interpreter.value(try graph.reciprocal(minus)).values == [-.infinity])
    }

    /// A constant that is not a number is equal to itself as a constant.
    @Test func nanIsStoredOnce() throws {
        let graph = TensorGraph()
        #expect(try graph.scalar(Double.nan) == graph.scalar(Double.nan))
    }

    @Test func copyKeepsNodesAndGrowsApart() throws {
        let graph = TensorGraph()
        let y = try expression(graph)
        graph.setOrigin("scores", of: y)
        let (copy, count) = (graph.copy(), graph.count)
        #expect(try expression(copy) == y && copy.count == count)
        #expect(copy.origin(of: y) == "scores")
        let added = try copy.exp(y)
        #expect(graph.count == count && copy.count == count + 1)
        // The same index means something else in each from here on.
        #expect(try graph.exp(graph.exp(y)) != added)
    }

    @Test func firstOriginStays() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([2]))
        graph.setOrigin("a", of: x)
        graph.setOrigin("b", of: x)
        #expect(graph.origin(of: x) == "a")
    }
}
