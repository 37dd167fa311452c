import Foundation

@testable import Kernels

/// What each operation does to one element, by the C library in double.
func reference(_ operation: ElementwiseOperation, _ a: Double, _ b: Double, _ c: Double) -> Double {
    switch operation {
    case .negate: -a
    case .absolute: abs(a)
    case .sign: a.isNaN ? a : (a > 0 ? 1 : a < 0 ? -1 : 0)
    case .exp: exp(a)
    case .expm1: expm1(a)
    case .log: log(a)
    case .log1p: log1p(a)
    case .sqrt: sqrt(a)
    case .reciprocal: 1 / a
    case .square: a * a
    case .sin: sin(a)
    case .cos: cos(a)
    case .tan: tan(a)
    case .asin: asin(a)
    case .acos: acos(a)
    case .atan: atan(a)
    case .sinh: sinh(a)
    case .cosh: cosh(a)
    case .asinh: asinh(a)
    case .acosh: acosh(a)
    case .atanh: atanh(a)
    case .tanh: tanh(a)
    case .sigmoid: a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a))
    case .erf: erf(a)
    case .softplus: (a < 0 ? 0 : a) + log1p(exp(-abs(a)))
    case .relu: a < 0 ? 0 : a
    case .step: a > 0 ? 1 : 0
    case .floor: floor(a)
    case .ceil: ceil(a)
    case .round: a.rounded(.toNearestOrEven)
    case .identity, .cast: a
    case .isNaN: a.isNaN ? 1 : 0
    case .isInf: a.isInfinite ? 1 : 0
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .power: pow(a, b)
    case .maximum: a.isNaN || b.isNaN ? .nan : max(a, b)
    case .minimum: a.isNaN || b.isNaN ? .nan : min(a, b)
    case .remainder: pythonRemainder(a, b)
    case .truncatedRemainder: fmod(a, b)
    case .equal: a == b ? 1 : 0
    case .less: a < b ? 1 : 0
    case .lessOrEqual: a <= b ? 1 : 0
    case .and: a != 0 && b != 0 ? 1 : 0
    case .or: a != 0 || b != 0 ? 1 : 0
    case .xor: (a != 0) != (b != 0) ? 1 : 0
    case .not: a == 0 ? 1 : 0
    case .select: a != 0 ? b : c
    }
}

private func pythonRemainder(_ a: Double, _ b: Double) -> Double {
    let r = fmod(a, b)
    return r != 0 && (r < 0) != (b < 0) ? r + b : r
}

/// The same for integers that are small enough to be exact in double.
func integerReference(_ operation: ElementwiseOperation, _ a: Double, _ b: Double, _ c: Double) -> Double {
    switch operation {
    case .divide: b == 0 ? 0 : (a / b).rounded(.towardZero)
    case .remainder, .truncatedRemainder: b == 0 ? 0 : reference(operation, a, b, c)
    case .power: a == 0 && b < 0 ? 0 : pow(a, b).rounded(.towardZero)
    default: reference(operation, a, b, c)
    }
}
