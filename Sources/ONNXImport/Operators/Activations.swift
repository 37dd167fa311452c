import Foundation
import Kernels
import TensorIR

/// Activation functions, composed so that each derivative is finite on the side that is not taken, and as PyTorch's
/// at the kink.
extension OperatorCall {
    func leakyRelu() throws -> [Value] {
        return [.node(try graph.leakyRelu(real(0), slope: float("alpha", default: 0.01)))]
    }
    func parametricRelu() throws -> [Value] {
        let operands = try broadcastTogether([real(0), real(1)])
        let x = operands[0]
        return [.node(try graph.wherePositive(x, x, graph.multiply(x, operands[1])))]
    }
    func thresholdedRelu() throws -> [Value] {
        let x = try real(0)
        let above = try graph.less(filled(float("alpha", default: 1), like: x), x)
        return [.node(try graph.select(above, x, filled(0, like: x)))]
    }

    func elu() throws -> [Value] {
        let alpha = try float("alpha", default: 1)
        return [.node(try graph.exponentialUnit(real(0), alpha: alpha))]
    }
    func selu() throws -> [Value] {
        let alpha = try float("alpha", default: 1.67326319217681884765625)
        let gamma = try float("gamma", default: 1.05070102214813232421875)
        return [.node(try times(graph.exponentialUnit(real(0), alpha: alpha), gamma))]
    }
    func celu() throws -> [Value] {
        let alpha = try float("alpha", default: 1)
        return [.node(try graph.exponentialUnit(real(0), alpha: alpha, divisor: alpha))]
    }
    func gelu() throws -> [Value] {
        let x = try real(0)
        switch try string("approximate", default: "none") {
        case "tanh": return [.node(try graph.gelu(x, isApproximate: true))]
        case "none": return [.node(try graph.gelu(x))]
        case let other: throw unsupported("approximate='\(other)' is not supported; expected 'none' or 'tanh'")
        }
    }

    func hardSigmoid() throws -> [Value] {
        let (alpha, beta) = (try float("alpha", default: 0.2), try float("beta", default: 0.5))
        return [.node(try hardSigmoid(real(0), alpha, beta))]
    }
    func hardSwish() throws -> [Value] {
        let x = try real(0)
        return [.node(try graph.multiply(x, hardSigmoid(x, 1 / 6, 0.5)))]
    }
    private func hardSigmoid(_ x: Node, _ alpha: Double, _ beta: Double) throws -> Node {
        try clamp(plus(times(x, alpha), beta), 0, 1)
    }

    func swish() throws -> [Value] {
        return [.node(try graph.swish(real(0), slope: float("alpha", default: 1)))]
    }
    func mish() throws -> [Value] {
        let x = try real(0)
        return [.node(try graph.multiply(x, graph.tanh(graph.unary(.softplus, x))))]
    }
    func softsign() throws -> [Value] {
        let x = try real(0)
        return [.node(try graph.divide(x, plus(graph.unary(.absolute, x), 1)))]
    }
    func shrink() throws -> [Value] {
        let x = try real(0)
        let (threshold, bias) = (try float("lambd", default: 0.5), try float("bias", default: 0))
        let below = try graph.less(x, filled(-threshold, like: x))
        let above = try graph.less(filled(threshold, like: x), x)
        let upper = try graph.select(above, plus(x, -bias), filled(0, like: x))
        return [.node(try graph.select(below, plus(x, bias), upper))]
    }

    /// Over one axis from version 13 on; before, over all axes from `axis` on together.
    func softmax(logarithmic: Bool) throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        let first = try axis(int("axis", default: opset >= 13 ? -1 : 1), rank: shape.rank)
        let isFlattened = opset < 13 && first < shape.rank - 1
        var operand = x
        if isFlattened {
            let sizes = try (first..<shape.rank).map { try size(shape, $0) }
            operand = try graph.reshape(x, Shape(shape.dimensions[..<first] + [Dimension(sizes.reduce(1, *))]))
        }
        importer.softmaxInputs.append(operand)
        let result = try logarithmic ? graph.logSoftmax(operand, axis: first) : graph.softmax(operand, axis: first)
        return [.node(try graph.reshape(result, shape))]
    }
}
