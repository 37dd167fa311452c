import TensorIR

/// An integer of a model's shape arithmetic: a number, or a multiple of the number of examples B plus a number.
///
/// B stands for any batch size, so an answer that holds for some sizes only is no answer: such arithmetic throws
/// `GraphError.Code.examplesMeet`, and the model is tried again with B a number.
struct Extent: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The multiple of B.
    var examples: Int
    var constant: Int

    init(_ constant: Int) { (examples, self.constant) = (0, constant) }
    init(examples: Int, constant: Int = 0) { (self.examples, self.constant) = (examples, constant) }
    init(integerLiteral value: Int) { self.init(value) }
    init(_ dimension: Dimension) {
        if let number = dimension.number { self.init(number) } else { self.init(examples: dimension.factor) }
    }

    var isSymbolic: Bool { examples != 0 }
    /// The number, or nil where B takes part.
    var number: Int? { examples == 0 ? constant : nil }
    /// The value for a batch of this size.
    func value(examples size: Int) throws -> Int { try added(product(examples, size), constant) }
}

extension Extent: CustomStringConvertible {
    var description: String {
        guard isSymbolic else { return String(constant) }
        let multiple = (examples == 1 ? "" : "\(examples)*") + "B"
        return constant == 0 ? multiple : multiple + (constant > 0 ? "+" : "") + "\(constant)"
    }
}

extension Extent {
    static func + (a: Extent, b: Extent) throws -> Extent {
        Extent(examples: try added(a.examples, b.examples), constant: try added(a.constant, b.constant))
    }
    static func - (a: Extent, b: Extent) throws -> Extent { try a + b * -1 }
    static func * (a: Extent, b: Extent) throws -> Extent {
        if let factor = b.number {
            return Extent(examples: try product(a.examples, factor), constant: try product(a.constant, factor))
        }
        guard a.number != nil else { throw undecided("\(a) times \(b)") }
        return try b * a
    }
    /// Rounds toward zero; a division by zero gives 0, as the kernels have it.
    static func / (a: Extent, b: Extent) throws -> Extent {
        if b == 0 { return 0 }
        if let x = a.number, let y = b.number {
            let (quotient, overflow) = x.dividedReportingOverflow(by: y)
            return Extent(overflow ? Int.max : quotient)
        }
        if let divisor = b.number, divisor != -1, a.examples % divisor == 0, a.constant % divisor == 0 {
            return Extent(examples: a.examples / divisor, constant: a.constant / divisor)
        }
        // A multiple of the other whatever B is.
        if b.examples > 0, a.examples % b.examples == 0 {
            let ratio = a.examples / b.examples
            if try product(b.constant, ratio) == a.constant { return Extent(ratio) }
        }
        throw undecided("\(a) divided by \(b)")
    }
    /// The remainder with the divisor's sign (`truncated`: the dividend's); 0 for a divisor of 0.
    static func remainder(_ a: Extent, _ b: Extent, truncated: Bool) throws -> Extent {
        if b == 0 || b == -1 { return 0 }
        guard let divisor = b.number, a.examples % divisor == 0 else { throw undecided("\(a) modulo \(b)") }
        let rest = a.constant % divisor
        return Extent(!truncated && rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest)
    }
    /// Raises to a number; a negative exponent truncates, as integer powers do.
    static func power(_ a: Extent, _ b: Extent) throws -> Extent {
        guard let exponent = b.number else { throw undecided("\(a) to the power \(b)") }
        if exponent < 0 { return a == 1 ? 1 : a == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0 }
        if a == 0 || a == 1 { return exponent == 0 ? 1 : a }
        guard exponent < 64 else { throw overflow() }
        return try (0..<exponent).reduce(Extent(1)) { power, _ in try power * a }
    }

    /// -1, 0 or 1 as `a` is below, equal to or above `b`, for every B from 1 on.
    static func order(_ a: Extent, _ b: Extent) throws -> Int {
        if let x = a.number, let y = b.number { return x < y ? -1 : x > y ? 1 : 0 }
        let difference = try a - b
        if let number = difference.number { return number.signum() }
        let atOne = try difference.value(examples: 1)
        if difference.examples > 0, atOne > 0 { return 1 }
        if difference.examples < 0, atOne < 0 { return -1 }
        throw undecided("the order of \(a) and \(b)")
    }
    static func maximum(_ a: Extent, _ b: Extent) throws -> Extent { try bound(a, b, sign: 1) }
    static func minimum(_ a: Extent, _ b: Extent) throws -> Extent { try bound(a, b, sign: -1) }

    /// Bounds need a weaker order than comparisons do: where the two agree at B = 1, either will do there.
    private static func bound(_ a: Extent, _ b: Extent, sign: Int) throws -> Extent {
        if a.number != nil, b.number != nil { return try order(a, b) * sign > 0 ? a : b }
        let difference = try a - b
        let atOne = try difference.value(examples: 1)
        if difference.examples >= 0, atOne >= 0 { return sign > 0 ? a : b }
        if difference.examples <= 0, atOne <= 0 { return sign > 0 ? b : a }
        throw undecided("the order of \(a) and \(b)")
    }

    private static func undecided(_ what: String) -> GraphError {
        GraphError(.examplesMeet, "\(what) depends on the number of examples B")
    }
}

private func overflow() -> GraphError { GraphError(.invalid, "an integer overflows 64 bits") }

private func added(_ a: Int, _ b: Int) throws -> Int {
    let (sum, overflows) = a.addingReportingOverflow(b)
    if overflows { throw overflow() }
    return sum
}

private func product(_ a: Int, _ b: Int) throws -> Int {
    let (product, overflows) = a.multipliedReportingOverflow(by: b)
    if overflows { throw overflow() }
    return product
}
