import Kernels
import TensorIR

/// Arithmetic, comparison, logic and selection: elementwise, under NumPy's broadcasting.
extension OperatorCall {
    func function(_ operation: ElementwiseOperation) throws -> [Value] { [try unary(operation, value(0))] }

    func arithmetic(_ operation: ElementwiseOperation, swapped: Bool = false) throws -> [Value] {
        let (a, b) = (try value(0), try value(1))
        return [try binary(operation, swapped ? b : a, swapped ? a : b)]
    }

    /// Of any number of inputs.
    func extremum(_ operation: ElementwiseOperation) throws -> [Value] {
        let values = try values()
        return [try values.dropFirst().reduce(values[0]) { try binary(operation, $0, $1) }]
    }
    func meanOfInputs() throws -> [Value] {
        let sum = try asReal(extremum(.add)[0])
        return [.node(try times(sum, 1 / Double(inputs.count)))]
    }

    func modulo() throws -> [Value] {
        try arithmetic(flag("fmod", default: false) ? .truncatedRemainder : .remainder)
    }

    /// Base and exponent may have different types; the result has the base's.
    func power() throws -> [Value] {
        let (base, exponent) = (try value(0), try value(1))
        let (baseType, exponentType) = (try element(base), try element(exponent))
        if baseType == .int64, exponentType == .real {
            return [try cast(binary(.power, cast(base, to: .real), exponent), to: .int64)]
        }
        // A scalar exponent is a constant even where it has a name, so that powers with integer exponents are products.
        let isScalar = try shape(exponent).rank == 0
        let known = try isScalar ? hostIfKnown(exponent).map { Value.host($0) } ?? exponent : exponent
        return [try binary(.power, base, cast(known, to: baseType))]
    }

    /// Bounds are inputs from version 11 on, attributes before; either may be missing.
    func clip() throws -> [Value] {
        let x = try value(0)
        let low = try float("min").map { Value.host(HostTensor(scalar: $0)) } ?? optional(1)
        let high = try float("max").map { Value.host(HostTensor(scalar: $0)) } ?? optional(2)
        if try element(x) != .real {
            let raised = try low.map { try binary(.maximum, x, $0) } ?? x
            return [try high.map { try binary(.minimum, raised, $0) } ?? raised]
        }
        if let host = x.host, low.map({ $0.host != nil }) ?? true, high.map({ $0.host != nil }) ?? true {
            let raised = try low.map { try binary(.maximum, .host(host), $0) } ?? x
            return [try high.map { try binary(.minimum, raised, $0) } ?? raised]
        }
        return [.node(try clamp(asReal(x), low.map { try asReal($0) }, high.map { try asReal($0) }))]
    }

    func isInfinite() throws -> [Value] {
        let positive = try flag("detect_positive", default: true)
        let negative = try flag("detect_negative", default: true)
        if positive, negative { return try function(.isInf) }
        let x = try real(0)
        guard positive || negative else { return [.node(try graph.less(x, x))] }
        return [.node(try graph.equal(x, filled(positive ? .infinity : -.infinity, like: x)))]
    }

    func whereSelect() throws -> [Value] {
        let condition = try value(0)
        guard try element(condition) == .bool else {
            throw invalid("its condition has elements of type \(try element(condition)); expected bool")
        }
        return [try select(condition, value(1), value(2))]
    }
}
