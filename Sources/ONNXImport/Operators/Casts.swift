import Kernels
import TensorIR

/// Casts between element types.
///
/// Real numbers stay what they are in every type of 16 bits or more: a plan computes in the precision that it is
/// asked for. Smaller types round, because their models mean it; the derivative is the identity's, as PyTorch has it,
/// and zero beyond the largest value. Integers of fewer than 32 bits wrap around.
extension OperatorCall {
    func castTo() throws -> [Value] {
        guard let number = try int("to") else { throw invalid("its attribute 'to' is missing") }
        return [try convert(value(0), to: ONNXTensorProto.DataType(rawValue: number) ?? .undefined)]
    }

    func castLike() throws -> [Value] {
        if inputTypes.count > 1, let type = inputTypes[1] { return [try convert(value(0), to: type)] }
        return [try cast(value(0), to: element(value(1)))]
    }

    private func convert(_ x: Value, to type: ONNXTensorProto.DataType) throws -> Value {
        if let format = SmallFloat(type) { return try rounded(cast(x, to: .real), to: format) }
        switch ONNXTensorProto.kind(of: type) {
        case .real: return try cast(x, to: .real)
        case .bool: return try cast(x, to: .bool)
        case .integer:
            let integers = try cast(x, to: .int64)
            guard try element(x) != .bool, let (bits, isSigned) = ONNXTensorProto.narrowInteger(type) else {
                return integers
            }
            return try wrapped(integers, bits: bits, isSigned: isSigned)
        case nil: throw unsupported("a cast to the type \(ONNXTensorProto.name(of: type)) is not supported")
        }
    }

    /// Integers modulo a power of two, as hardware has them.
    private func wrapped(_ x: Value, bits: Int, isSigned: Bool) throws -> Value {
        let count = Value.host(HostTensor(scalar: Extent(1 << bits)))
        guard isSigned else { return try binary(.remainder, x, count) }
        let half = Value.host(HostTensor(scalar: Extent(1 << (bits - 1))))
        return try binary(.subtract, binary(.remainder, binary(.add, x, half), count), half)
    }

    private func rounded(_ x: Value, to format: SmallFloat) throws -> Value {
        let saturates = try flag("saturate", default: true)
        let rounding: SmallFloat.Rounding
        switch try format.isScale ? string("round_mode", default: "up") : "nearest" {
        case "nearest": rounding = .nearest
        case "up": rounding = .up
        case "down": rounding = .down
        case let other: throw invalid("its attribute 'round_mode' is '\(other)'; expected up, down or nearest")
        }
        if case .host(let tensor) = x {
            let values = try tensor.reals().map { format.rounded($0, saturates: saturates, rounding: rounding) }
            return .host(HostTensor(tensor.sizes, values))
        }
        return .node(try rounded(asReal(x), to: format, saturates: saturates, rounding))
    }

    /// The same as `SmallFloat.rounded`, in the graph.
    private func rounded(
        _ x: Node, to format: SmallFloat, saturates: Bool, _ rounding: SmallFloat.Rounding
    ) throws -> Node {
        func constant(_ value: Double) throws -> Node { try filled(value, like: x) }
        let magnitude = try graph.unary(.absolute, x)
        let largest = try constant(format.largest)
        let isBeyond = try graph.less(largest, magnitude)
        let isCapped = saturates || format.overflow == .largest
        let capped = try isCapped ? graph.select(isBeyond, largest, magnitude) : magnitude
        // The greatest power of two that is not above: by halves, since a logarithm might be off by a rounding.
        var unit = try constant(power(format.leastExponent))
        for step in format.exponentSteps {
            let next = try graph.scale(unit, by: power(step))
            unit = try graph.select(graph.binary(.lessOrEqual, next, capped), next, unit)
        }
        unit = try graph.scale(unit, by: power(-format.fractionBits))
        let operation: ElementwiseOperation =
            switch rounding {
            case .nearest: .round
            case .up: .ceil
            case .down: .floor
            }
        var result = try graph.multiply(graph.unary(operation, graph.divide(capped, unit)), unit)
        if format.isScale {
            result = try graph.select(graph.less(result, unit), unit, result)
            result = try graph.select(graph.unary(.isInf, x), constant(.nan), result)
        }
        if !isCapped {
            let beyond = try constant(format.overflow == .infinity ? .infinity : .nan)
            result = try graph.select(graph.less(largest, result), beyond, result)
        }
        if !format.isScale {
            result = try graph.select(graph.less(x, constant(0)), graph.negate(result), result)
        }
        if format.overflow == .largest { result = try graph.select(graph.unary(.isNaN, x), constant(0), result) }
        // The rounding is a step that differentiation does not see. Added to x it gives the rounded value exactly,
        // since the two are within a factor of two or the rounded one is zero.
        let stepped = try graph.add(x, graph.detached(graph.subtract(result, x)))
        return try graph.select(graph.binary(.lessOrEqual, magnitude, largest), stepped, graph.detached(result))
    }
    private func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
