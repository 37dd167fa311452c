import TensorIR

/// A floating-point format of eight bits or fewer, as quantized models use them.
///
/// Half precisions are no formats here: a plan computes in the precision that it is asked for. With two or three bits
/// of a fraction, though, rounding is part of what a model does.
struct SmallFloat: Hashable, Sendable {
    /// What stands for values beyond the largest where a cast does not saturate.
    enum Overflow { case infinity, nan, largest }
    /// Which neighbour a value in between becomes.
    enum Rounding { case nearest, up, down }

    let exponentBits: Int
    let fractionBits: Int
    let bias: Int
    let largest: Double
    let overflow: Overflow
    /// Only powers of two from 2^-127 on: no sign, no zero.
    let isScale: Bool

    private init(
        exponentBits: Int, fractionBits: Int, bias: Int, largest: Double, overflow: Overflow, isScale: Bool = false
    ) {
        (self.exponentBits, self.fractionBits, self.bias) = (exponentBits, fractionBits, bias)
        (self.largest, self.overflow, self.isScale) = (largest, overflow, isScale)
    }

    /// The format of an element type; nil for all others.
    init?(_ type: ONNXTensorProto.DataType) {
        switch type {
        case .float8E4M3Fn:
            self.init(exponentBits: 4, fractionBits: 3, bias: 7, largest: 448, overflow: .nan)
        case .float8E4M3Fnuz:
            self.init(exponentBits: 4, fractionBits: 3, bias: 8, largest: 240, overflow: .nan)
        case .float8E5M2:
            self.init(exponentBits: 5, fractionBits: 2, bias: 15, largest: 57344, overflow: .infinity)
        case .float8E5M2Fnuz:
            self.init(exponentBits: 5, fractionBits: 2, bias: 16, largest: 57344, overflow: .nan)
        case .float8E8M0:
            self.init(exponentBits: 8, fractionBits: 0, bias: 127, largest: 0x1p127, overflow: .nan, isScale: true)
        case .float4E2M1:
            self.init(exponentBits: 2, fractionBits: 1, bias: 1, largest: 6, overflow: .largest)
        default: return nil
        }
    }

    /// The exponent below which values are evenly spaced.
    var leastExponent: Int { isScale ? -bias : 1 - bias }
    /// Powers of two that, added up in some choice, lead from the least exponent to every other.
    var exponentSteps: [Int] { (0..<exponentBits).reversed().map { 1 << $0 } }

    /// The value with these bits, of which the format's are the lowest.
    func value(bits: UInt8) -> Double {
        if isScale { return bits == 0xff ? .nan : Double(sign: .plus, exponent: Int(bits) - bias, significand: 1) }
        let width = exponentBits + fractionBits
        let isNegative = Int(bits) >> width & 1 == 1
        let magnitude = Int(bits) & (1 << width - 1)
        let (exponent, fraction) = (magnitude >> fractionBits, magnitude & (1 << fractionBits - 1))
        switch overflow {
        case .infinity where exponent == 1 << exponentBits - 1:
            return fraction > 0 ? .nan : isNegative ? -.infinity : .infinity
        case .nan where usesNegativeZeroAsNaN ? isNegative && magnitude == 0 : magnitude == 1 << width - 1: return .nan
        default: break
        }
        let significand = Double(fraction) / Double(1 << fractionBits) + (exponent == 0 ? 0 : 1)
        let value = significand * Double(sign: .plus, exponent: max(exponent, 1) - bias, significand: 1)
        return isNegative ? -value : value
    }
    /// Formats with one bias more have one zero, and the other's bits are NaN.
    private var usesNegativeZeroAsNaN: Bool { bias == 1 << (exponentBits - 1) && !isScale }

    /// What a cast makes of `value`.
    func rounded(_ value: Double, saturates: Bool, rounding: Rounding) -> Double {
        if value.isNaN { return overflow == .largest ? 0 : .nan }
        // Scales have no infinity, and a NaN in its place.
        if isScale, value.isInfinite { return .nan }
        var result = saturates || overflow == .largest ? min(abs(value), largest) : abs(value)
        if result.isFinite {
            let exponent = max(result == 0 ? leastExponent : Int(result.exponent), leastExponent)
            let unit = Double(sign: .plus, exponent: exponent - fractionBits, significand: 1)
            result = max((result / unit).rounded(rounding.rule) * unit, isScale ? unit : 0)
        }
        if result > largest { result = overflow == .infinity ? .infinity : .nan }
        return value < 0 && !isScale ? -result : result
    }
}

extension SmallFloat.Rounding {
    fileprivate var rule: FloatingPointRoundingRule {
        switch self {
        case .nearest: .toNearestOrEven
        case .up: .up
        case .down: .down
        }
    }
}
