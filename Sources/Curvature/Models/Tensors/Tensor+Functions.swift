import Kernels
import TensorIR

/// Elementary functions, element by element.
extension Tensor {
    /// The exponential function.
    public func exp() throws -> Tensor { try mapped("exp", .exp) }
    /// exp(x) - 1, exact near 0.
    public func expm1() throws -> Tensor { try mapped("expm1", .expm1) }
    /// The natural logarithm.
    public func log() throws -> Tensor { try mapped("log", .log) }
    /// log(1 + x), exact near 0.
    public func log1p() throws -> Tensor { try mapped("log1p", .log1p) }
    /// The square root.
    public func sqrt() throws -> Tensor { try mapped("sqrt", .sqrt) }
    /// x x.
    public func square() throws -> Tensor { try mapped("square", .square) }
    /// 1 / x.
    public func reciprocal() throws -> Tensor { try mapped("reciprocal", .reciprocal) }
    /// The absolute value; its derivative at 0 is 0.
    public func abs() throws -> Tensor { try mapped("abs", .absolute) }
    /// The sine, of radians.
    public func sin() throws -> Tensor { try mapped("sin", .sin) }
    /// The cosine, of radians.
    public func cos() throws -> Tensor { try mapped("cos", .cos) }
    /// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
    public func erf() throws -> Tensor { try mapped("erf", .erf) }

    func mapped(_ name: String, _ operation: ElementwiseOperation) throws -> Tensor {
        try makeReal(name) { try $0.unary(operation, node) }
    }
}
