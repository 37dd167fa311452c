/// What one instruction of an elementwise program does to every element.
///
/// Which of them exist for a storage is decided in C: `isDefined(for:)` asks.
package enum ElementwiseOperation: UInt8, Hashable, Sendable, CaseIterable {
    // The order is that of the C enumeration in ckernels_elementwise.h.
    case negate, absolute, sign, exp, expm1, log, log1p, sqrt, reciprocal, square
    case sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh
    case tanh, sigmoid, erf, softplus, relu
    /// 1 where x > 0, else 0.
    case step
    case floor, ceil
    /// Halves to even.
    case round
    case identity
    case isNaN, isInf

    case add, subtract, multiply, divide, power
    /// NaN if either is.
    case maximum, minimum
    /// With the sign of the divisor, as Python's `%`.
    case remainder
    /// With the sign of the dividend, as C's `fmod` and `%`.
    case truncatedRemainder

    case equal, less, lessOrEqual
    case and, or, xor, not

    /// The second source where the first (bool) holds, else the third.
    case select
    /// Real to int64 truncates toward zero, NaN gives 0 and what does not fit the nearest; anything to bool is `!= 0`.
    case cast

    package var sourceCount: Int {
        switch self {
        case .add, .subtract, .multiply, .divide, .power, .maximum, .minimum, .remainder, .truncatedRemainder,
            .equal, .less, .lessOrEqual, .and, .or, .xor:
            2
        case .select: 3
        default: 1
        }
    }

    /// Whether it counts as floating-point work when its operands are real.
    package var isArithmetic: Bool {
        switch self {
        case .identity, .select, .cast: false
        default: true
        }
    }
}
