import Kernels
import Testing

@testable import TensorIR

/// What builders simplify: which node a spelling becomes, and that its value is what the spelling says.
@Suite struct SimplificationTests {
    private let graph = TensorGraph()
    private func input(_ shape: Shape, _ element: ElementType = .real) throws -> Node {
        try graph.input(.value(graph.count), TensorType(shape, element))
    }
    private func filled(_ value: Double, like x: Node) throws -> Node { try graph.filled(value, like: x) }
    private func operation(_ node: Node) -> ElementwiseOperation? { (graph.primitive(node) as? Elementwise)?.operation }

    /// `simplified` must have the value of the same primitives put together without builders.
    private func expectSameValue(_ simplified: Node, _ plain: Node, sourceLocation: SourceLocation = #_sourceLocation) {
        var generator = SeededGenerator(seed: 11)
        var leaves: [Node: [Double]] = [:]
        for node in graph.nodes where graph.primitive(node) is InputLeaf {
            leaves[node] = generator.uniform(count: graph.shape(node).count(examples: 3), 0.5...1.5)
        }
        let interpreter = Interpreter(graph, leaves: leaves, examples: 3)
        #expect(simplified != plain, "nothing was simplified", sourceLocation: sourceLocation)
        expectClose(
            interpreter.value(simplified), interpreter.value(plain), within: 1e-14, "simplified",
            sourceLocation: sourceLocation)
    }

    // MARK: Arithmetic

    @Test func neutralOperands() throws {
        let x = try input([.examples, 3])
        let (zero, one) = (try filled(0, like: x), try filled(1, like: x))
        #expect(try graph.add(x, zero) == x)
        #expect(try graph.add(zero, x) == x)
        #expect(try graph.subtract(x, zero) == x)
        #expect(try graph.subtract(zero, x) == graph.negate(x))
        #expect(try graph.multiply(x, one) == x)
        #expect(try graph.multiply(one, x) == x)
        #expect(try graph.divide(x, one) == x)
        #expect(try graph.scale(x, by: 1) == x)
        // Reshaped and broadcast constants are as good.
        let column = try graph.reshape(filled(1, like: input([1])), [])
        #expect(try graph.multiply(x, graph.broadcast(column, to: graph.shape(x), axes: [])) == x)
    }
    @Test func neutralOperandsElsewhere() throws {
        let x = try input([3])
        let (zero, one) = (try filled(0, like: x), try filled(1, like: x))
        #expect(try operation(graph.divide(one, x)) == .divide)
        #expect(try operation(graph.multiply(x, zero)) == .multiply)
        #expect(try operation(graph.subtract(x, one)) == .subtract)
        #expect(try operation(graph.add(x, graph.constant(Constant([3], [0, 0, 1.0])))) == .add)
    }

    @Test func doubleNegation() throws {
        let x = try input([3])
        #expect(try graph.negate(graph.negate(x)) == x)
        #expect(try graph.negate(x) != x)
    }

    @Test(arguments: [ElementwiseOperation.add, .multiply, .maximum, .minimum, .equal])
    func commutativeSpellings(operation: ElementwiseOperation) throws {
        let (a, b) = (try input([3]), try input([3]))
        #expect(try graph.binary(operation, a, b) == graph.binary(operation, b, a))
    }
    @Test(arguments: [ElementwiseOperation.subtract, .divide, .power, .less, .lessOrEqual, .remainder])
    func otherSpellingsStayApart(operation: ElementwiseOperation) throws {
        let (a, b) = (try input([3]), try input([3]))
        #expect(try graph.binary(operation, a, b) != graph.binary(operation, b, a))
    }
    @Test func commutativeLogic() throws {
        let (a, b) = (try input([3], .bool), try input([3], .bool))
        for operation in [ElementwiseOperation.and, .or, .xor] {
            #expect(try graph.binary(operation, a, b) == graph.binary(operation, b, a))
        }
    }

    @Test func selectOfOneValue() throws {
        let (mask, a, b) = (try input([3], .bool), try input([3]), try input([3]))
        #expect(try graph.select(mask, a, a) == a)
        #expect(try operation(graph.select(mask, a, b)) == .select)
    }

    @Test(arguments: [0, 1, 2, 3, 4, 0.5, -0.5, -1, -2])
    func constantPowers(exponent: Double) throws {
        let x = try input([.examples, 2])
        let exponents = try filled(exponent, like: x)
        let power = try graph.power(x, exponents)
        let nodes = graph.ancestors(of: [power])
        #expect(!nodes.contains { operation($0) == .power })
        expectSameValue(power, try graph.append(Elementwise(.power), x, exponents))
    }
    @Test func otherPowersStay() throws {
        let x = try input([2])
        for exponent in [5, 1.5, -3] { #expect(try operation(graph.power(x, filled(exponent, like: x))) == .power) }
    }
    @Test func firstPowerIsItsBase() throws {
        let x = try input([2])
        #expect(try graph.power(x, filled(1, like: x)) == x)
    }

    // MARK: Views

    @Test func reshapes() throws {
        let x = try input([.examples, 4, 3])
        let flat = try graph.reshape(x, [.examples, 12])
        #expect(try graph.reshape(flat, [.examples, 2, 6]) == graph.reshape(x, [.examples, 2, 6]))
        #expect(try graph.reshape(flat, [.examples, 4, 3]) == x)
        #expect(try graph.reshape(x, graph.shape(x)) == x)
        expectSameValue(
            try graph.reshape(flat, [.examples, 6, 2]), try graph.append(Reshape([.examples, 6, 2]), flat))
    }
    @Test func permutes() throws {
        let x = try input([2, .examples, 4])
        let turned = try graph.permute(x, [2, 0, 1])
        #expect(try graph.permute(turned, [1, 2, 0]) == x)
        #expect(try graph.permute(x, [0, 1, 2]) == x)
        #expect(try graph.permute(turned, [2, 1, 0]) == graph.permute(x, [1, 0, 2]))
        expectSameValue(try graph.permute(turned, [2, 1, 0]), try graph.append(Permute([2, 1, 0]), turned))
    }
    @Test func broadcasts() throws {
        let x = try input([3])
        let rows = try graph.broadcast(x, to: [4, 3], axes: [1])
        let both = try graph.broadcast(rows, to: [4, 2, 3], axes: [0, 2])
        #expect(both == (try graph.broadcast(x, to: [4, 2, 3], axes: [2])))
        expectSameValue(both, try graph.append(Broadcast([4, 2, 3], axes: [0, 2]), rows))
        #expect(try graph.broadcast(x, to: [3], axes: [0]) == x)
        #expect(try graph.broadcast(x, to: [3]) == x)
    }
    @Test func wholeSlicesAndEmptyPads() throws {
        let x = try input([.examples, 4])
        #expect(try graph.slice(x, axis: 1, start: 0, count: 4) == x)
        #expect(try graph.slice(x, axis: 1, start: 0, count: 3) != x)
        #expect(try graph.slice(x, axis: 1, start: 3, step: -1, count: 4) != x)
        #expect(try graph.pad(x, axis: 1, low: 0, high: 0) == x)
        #expect(try graph.concatenate([x], axis: 1) == x)
        #expect(try graph.cast(x, to: .real) == x)
    }

    // MARK: Reductions

    @Test func sumOfRepeatedValues() throws {
        let x = try input([3])
        let repeated = try graph.broadcast(x, to: [4, 3, 5], axes: [1])
        for axes in [[0], [2], [0, 2], [0, 1, 2], [1, 2]] {
            let sum = try graph.sum(repeated, axes: axes)
            #expect(!graph.ancestors(of: [sum]).contains(repeated), "axes \(axes)")
            expectSameValue(sum, try graph.append(Reduce(.sum, axes: axes), repeated))
        }
        // Along the operand's own axis nothing repeats.
        #expect(graph.primitive(try graph.sum(repeated, axes: [1])) is Reduce)
    }
    /// How often examples repeat is not known while the graph is built.
    @Test func sumOverExamplesStays() throws {
        let x = try input([3])
        let repeated = try graph.broadcast(x, to: [.examples, 3], axes: [1])
        let sum = try graph.sum(repeated, axes: [0])
        #expect(sum == (try graph.append(Reduce(.sum, axes: [0]), repeated)))
        let both = try graph.broadcast(x, to: [.examples, 3, 2], axes: [1])
        expectSameValue(try graph.sum(both, axes: [0, 2]), try graph.append(Reduce(.sum, axes: [0, 2]), both))
    }
    @Test func sumsOverNoAxis() throws {
        let x = try input([3])
        #expect(try graph.sum(x, axes: []) == x)
        #expect(graph.type(try graph.sum(x, axes: [], wide: true)) == TensorType([3], .float64))
        #expect(try graph.maximum(x, axes: []) == x && graph.minimum(x, axes: []) == x)
        let matrix = try input([2, 3])
        // The order in which axes are named says nothing.
        #expect(try graph.sum(matrix, axes: [1, 0]) == graph.sum(matrix, axes: [0, 1]))
    }
    @Test func sumOfRepeatedIntegers() throws {
        let x = try graph.constant(Constant([2], [3, 5] as [Int64]))
        let sum = try graph.sum(graph.broadcast(x, to: [2, 4], axes: [0]), axes: [1])
        #expect(graph.type(sum) == TensorType([2], .int64))
        #expect(Interpreter(graph, leaves: [:], examples: 1).value(sum).values == [12, 20])
    }

    // MARK: Products

    @Test func contractionsAbsorbPermutes() throws {
        let (a, b) = (try input([4, 2]), try input([.examples, 4]))
        let turned = try graph.permute(a, [1, 0])
        let product = try graph.contract(b, [0, 1], turned, [2, 1], to: [0, 2])
        #expect(product == (try graph.contract(b, [0, 1], a, [1, 2], to: [0, 2])))
        expectSameValue(product, try graph.append(Contract([0, 1], [2, 1], to: [0, 2]), b, turned))
        #expect(try graph.matmul(b, graph.permute(turned, [1, 0])) == graph.matmul(b, a))

        let cube = try input([3, .examples, 4])
        let rolled = try graph.append(Permute([2, 0, 1]), cube)
        expectSameValue(
            try graph.contract(rolled, [0, 1, 2], b, [2, 3], to: [1, 2, 0, 3]),
            try graph.append(Contract([0, 1, 2], [2, 3], to: [1, 2, 0, 3]), rolled, b))
        #expect(
            !graph.ancestors(of: [try graph.contract(rolled, [0, 1, 2], b, [2, 3], to: [1, 2, 0, 3])]).contains(rolled))
    }

    @Test func contractionsAbsorbBroadcasts() throws {
        let (w, x) = (try input([4, 3]), try input([.examples, 5, 4]))
        let repeated = try graph.broadcast(w, to: [.examples, 4, 3], axes: [1, 2])
        let product = try graph.matmul(x, repeated)
        #expect(!graph.ancestors(of: [product]).contains(repeated))
        #expect(product == (try graph.matmul(x, w)))
        expectSameValue(product, try graph.append(Contract([0, 1, 2], [0, 2, 3], to: [0, 1, 3]), x, repeated))
        // Under a permute too.
        let turned = try graph.permute(repeated, [2, 0, 1])
        #expect(try graph.contract(x, [0, 1, 2], turned, [3, 0, 2], to: [0, 1, 3]) == product)
        // In part: the axis that both repeat stays in one of them.
        let both = try graph.broadcast(x, to: [2, .examples, 5, 4], axes: [1, 2, 3])
        let blocks = try graph.broadcast(w, to: [2, 4, 3], axes: [1, 2])
        let shared = try graph.contract(both, [0, 1, 2, 3], blocks, [0, 3, 4], to: [0, 1, 2, 4])
        #expect(!graph.ancestors(of: [shared]).contains(both))
        expectSameValue(shared, try graph.append(Contract([0, 1, 2, 3], [0, 3, 4], to: [0, 1, 2, 4]), both, blocks))
    }

    /// An axis that is summed, or that the other operand lacks, cannot be dropped.
    @Test func otherBroadcastsStay() throws {
        let (w, x) = (try input([3]), try input([.examples, 4]))
        let summed = try graph.broadcast(w, to: [4, 3], axes: [1])
        let product = try graph.contract(x, [0, 1], summed, [1, 2], to: [0, 2])
        #expect(product == (try graph.append(Contract([0, 1], [1, 2], to: [0, 2]), x, summed)))
        let alone = try graph.contract(summed, [0, 1], x, [2, 0], to: [2, 1])
        #expect(graph.operands(alone).contains(summed))
    }

    @Test func uniformValues() throws {
        #expect(graph.uniformValue(try graph.filled(2.5, [.examples, 3])) == 2.5)
        #expect(graph.uniformValue(try graph.reshape(graph.constant(Constant([1, 1], [4.0])), [])) == 4)
        #expect(graph.uniformValue(try graph.constant(Constant([2], [4.0, 4]))) == nil)
        #expect(graph.uniformValue(try graph.scalar(Int64(1))) == nil)
        #expect(graph.uniformValue(try input([2])) == nil)
    }
}
