import Foundation
import Kernels
import Testing

@testable import TensorIR

@Suite struct ElementwiseTests {
    /// What an operation on one real number should give, and where it is differentiable; nil for other operations.
    private static func unary(_ operation: ElementwiseOperation) -> (input: Input, function: (Double) -> Double)? {
        let shape: Shape = [.examples, 7]
        let away = Input.awayFromZero(shape)
        let plain = Input.uniform(shape, -2...2)
        let positive = Input.uniform(shape, 0.3...2)
        return switch operation {
        case .negate: (plain, { -$0 })
        case .absolute: (away, { abs($0) })
        case .sign: (away, { $0 > 0 ? 1 : -1 })
        case .exp: (plain, { exp($0) })
        case .expm1: (plain, { expm1($0) })
        case .log: (positive, { log($0) })
        case .log1p: (.uniform(shape, -0.6...2), { log1p($0) })
        case .sqrt: (positive, { $0.squareRoot() })
        case .reciprocal: (positive, { 1 / $0 })
        case .square: (plain, { $0 * $0 })
        case .sin: (plain, { sin($0) })
        case .cos: (plain, { cos($0) })
        case .tan: (.uniform(shape, -1...1), { tan($0) })
        case .asin: (.uniform(shape, -0.8...0.8), { asin($0) })
        case .acos: (.uniform(shape, -0.8...0.8), { acos($0) })
        case .atan: (plain, { atan($0) })
        case .sinh: (plain, { sinh($0) })
        case .cosh: (plain, { cosh($0) })
        case .asinh: (plain, { asinh($0) })
        case .acosh: (.uniform(shape, 1.3...3), { acosh($0) })
        case .atanh: (.uniform(shape, -0.7...0.7), { atanh($0) })
        case .tanh: (plain, { tanh($0) })
        case .sigmoid: (plain, { 1 / (1 + exp(-$0)) })
        case .erf: (plain, { erf($0) })
        case .softplus: (plain, { log(1 + exp($0)) })
        case .relu: (away, { max($0, 0) })
        case .step: (away, { $0 > 0 ? 1 : 0 })
        case .floor: (.uniform(shape, 0.1...0.9), { floor($0) })
        case .ceil: (.uniform(shape, 0.1...0.9), { ceil($0) })
        case .round: (.uniform(shape, 0.6...1.4), { $0.rounded(.toNearestOrEven) })
        case .identity: (plain, { $0 })
        default: nil
        }
    }
    private static func binary(_ operation: ElementwiseOperation) -> (
        left: Input, right: Input, function: (Double, Double) -> Double
    )? {
        let shape: Shape = [.examples, 7]
        let plain = Input.uniform(shape, -2...2)
        let positive = Input.uniform(shape, 0.3...2)
        // Quotients between whole numbers, 0.1 from either.
        let (low, high) = (Input.uniform(shape, 1.2...1.8), Input.uniform(shape, 1.01...1.09))
        return switch operation {
        case .add: (plain, plain, { $0 + $1 })
        case .subtract: (plain, plain, { $0 - $1 })
        case .multiply: (plain, plain, { $0 * $1 })
        case .divide: (plain, positive, { $0 / $1 })
        case .power: (positive, plain, { pow($0, $1) })
        case .maximum: (.uniform(shape, 0.2...1), .awayFromZero(shape).negativeOrAbove(1.1), { max($0, $1) })
        case .minimum: (.uniform(shape, 0.2...1), .awayFromZero(shape).negativeOrAbove(1.1), { min($0, $1) })
        case .remainder: (low.negated, high, { $0 - floor($0 / $1) * $1 })
        case .truncatedRemainder: (low.negated, high, { fmod($0, $1) })
        default: nil
        }
    }

    @Test(arguments: ElementwiseOperation.allCases.filter { unary($0) != nil })
    func unaryOperation(_ operation: ElementwiseOperation) throws {
        let (input, function) = ElementwiseTests.unary(operation)!
        let isFlat = [.sign, .step, .floor, .ceil, .round].contains(operation)
        try expectDerivativesMatch([input], seed: UInt64(operation.rawValue), isConstant: isFlat) { graph, x in
            try graph.unary(operation, x[0])
        } reference: { x in
            x[0].map(function)
        }
    }

    @Test(arguments: ElementwiseOperation.allCases.filter { binary($0) != nil })
    func binaryOperation(_ operation: ElementwiseOperation) throws {
        let (left, right, function) = ElementwiseTests.binary(operation)!
        try expectDerivativesMatch([left, right], seed: UInt64(operation.rawValue)) { graph, x in
            try graph.binary(operation, x[0], x[1])
        } reference: { x in
            Dense(x[0].sizes, values: zip(x[0].values, x[1].values).map(function))
        }
    }

    /// Both operands one node: the tangents add.
    @Test(arguments: [ElementwiseOperation.add, .subtract, .multiply, .divide, .power])
    func binaryOperationOnItself(_ operation: ElementwiseOperation) throws {
        let (_, _, function) = ElementwiseTests.binary(operation)!
        try expectDerivativesMatch([.uniform([5], 0.5...1.5), .uniform([5])], seed: 3) { graph, x in
            try graph.add(graph.binary(operation, x[0], x[0]), x[1])
        } reference: { x in
            Dense([5], values: zip(x[0].values, x[1].values).map { function($0, $0) + $1 })
        }
    }

    @Test func everyOperationIsTested() {
        let others: Set<ElementwiseOperation> = [
            .isNaN, .isInf, .equal, .less, .lessOrEqual, .and, .or, .xor, .not, .select, .cast,
        ]
        for operation in ElementwiseOperation.allCases where !others.contains(operation) {
            #expect(
                ElementwiseTests.unary(operation) != nil || ElementwiseTests.binary(operation) != nil,
                "\(operation) is in no test")
        }
    }

    @Test func select() throws {
        let shape: Shape = [.examples, 4]
        try expectDerivativesMatch([.booleans(shape), .uniform(shape), .uniform(shape)], seed: 1) { graph, x in
            try graph.select(x[0], x[1], x[2])
        } reference: { x in
            Dense(
                x[0].sizes, values: x[0].values.indices.map { x[0].values[$0] != 0 ? x[1].values[$0] : x[2].values[$0] }
            )
        }
        // One branch without a tangent.
        try expectDerivativesMatch([.booleans(shape), .uniform(shape)], seed: 2) { graph, x in
            try graph.select(x[0], graph.filled(3, like: x[1]), graph.square(x[1]))
        } reference: { x in
            Dense(x[0].sizes, values: zip(x[0].values, x[1].values).map { $0 != 0 ? 3 : $1 * $1 })
        }
    }

    @Test func comparisonsAndLogic() throws {
        let graph = TensorGraph()
        let (a, b) = (try graph.filled(0, [6]), try graph.input(.parameter(0), TensorType([6])))
        let values: [Double] = [-1, 0, 1, .nan, .infinity, -.infinity]
        let interpreter = Interpreter(graph, leaves: [b: values], examples: 1)
        func expect(_ node: Node, _ expected: [Double], _ what: String) {
            #expect(graph.type(node).element == .bool && interpreter.value(node).values == expected, "\(what)")
        }
        let (equal, less) = (try graph.equal(a, b), try graph.less(a, b))
        expect(equal, [0, 1, 0, 0, 0, 0], "0 = b")
        expect(less, [0, 0, 1, 0, 1, 0], "0 < b")
        expect(try graph.less(b, a), [1, 0, 0, 0, 0, 1], "b < 0")
        expect(try graph.binary(.lessOrEqual, a, b), [0, 1, 1, 0, 1, 0], "0 <= b")
        expect(try graph.unary(.isNaN, b), [0, 0, 0, 1, 0, 0], "isNaN")
        expect(try graph.unary(.isInf, b), [0, 0, 0, 0, 1, 1], "isInf")
        let either = try graph.binary(.or, equal, less)
        expect(either, [0, 1, 1, 0, 1, 0], "or")
        expect(try graph.binary(.and, either, less), [0, 0, 1, 0, 1, 0], "and")
        expect(try graph.binary(.xor, either, less), [0, 1, 0, 0, 0, 0], "xor")
        expect(try graph.not(less), [1, 1, 0, 1, 0, 1], "not")
        // Booleans have no tangents, so nothing behind them has.
        let masked = try graph.cast(less, to: .real)
        #expect(try graph.linearize([masked], seeds: [b: a]) == [nil])
    }

    @Test func integers() throws {
        let graph = TensorGraph()
        let a = try graph.constant(Constant([4], [7, -7, 7, -7] as [Int64]))
        let b = try graph.constant(Constant([4], [2, 2, -2, 0] as [Int64]))
        let interpreter = Interpreter(graph, leaves: [:], examples: 1)
        func expect(_ operation: ElementwiseOperation, _ expected: [Double]) throws {
            #expect(interpreter.value(try graph.binary(operation, a, b)).values == expected, "\(operation)")
        }
        try expect(.add, [9, -5, 5, -7])
        try expect(.subtract, [5, -9, 9, -7])
        try expect(.multiply, [14, -14, -14, 0])
        try expect(.divide, [3, -3, -3, 0])
        try expect(.remainder, [1, 1, -1, 0])
        try expect(.truncatedRemainder, [1, -1, 1, 0])
        try expect(.maximum, [7, 2, 7, 0])
        try expect(.minimum, [2, -7, -2, -7])
        try expect(.power, [49, 49, 0, 1])
        try expect(.less, [0, 1, 0, 1])
    }

    @Test func casts() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([5]))
        let interpreter = Interpreter(graph, leaves: [x: [-1.5, 0, 0.5, 2.9, .nan]], examples: 1)
        #expect(interpreter.value(try graph.cast(x, to: .int64)).values == [-1, 0, 0, 2, 0])
        #expect(interpreter.value(try graph.cast(x, to: .bool)).values == [1, 0, 1, 1, 1])
        let mask = try graph.cast(x, to: .bool)
        #expect(interpreter.value(try graph.cast(mask, to: .real)).values == [1, 0, 1, 1, 1])
        #expect(interpreter.value(try graph.cast(mask, to: .int64)).values == [1, 0, 1, 1, 1])
        #expect(try graph.cast(x, to: .real) == x)
        // Rounding to integers has no derivative, even on the way back.
        let back = try graph.cast(graph.cast(x, to: .int64), to: .real)
        #expect(try graph.linearize([back], seeds: [x: x]) == [nil])
    }

    /// A cast between floating types passes tangents on, in the type of what they belong to.
    @Test func castsOfTangents() throws {
        try expectDerivativesMatch([.uniform([6]), .wide([6])], seed: 4) { graph, x in
            let wide = try graph.multiply(graph.cast(graph.square(x[0]), to: .float64), x[1])
            return try graph.multiply(graph.cast(wide, to: .real), x[0])
        } reference: { x in
            Dense([6], values: zip(x[0].values, x[1].values).map { $0 * $0 * $0 * $1 })
        }
    }
}

extension Input {
    fileprivate var negated: Input {
        Input(type: type) { [values] count, generator in
            values(count, &generator).map { generator.next(below: 2) == 0 ? $0 : -$0 }
        }
    }
    /// Positive values are moved up by `offset`.
    fileprivate func negativeOrAbove(_ offset: Double) -> Input {
        Input(type: type) { [values] count, generator in values(count, &generator).map { $0 > 0 ? $0 + offset : $0 } }
    }
}
