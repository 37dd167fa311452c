import Kernels
import TensorIR

/// Arithmetic, element by element, with NumPy's broadcasting: shapes are aligned at their last axes, and extents of 1 repeat.
extension Tensor {
    /// The sum; the smaller shape repeats.
    public static func + (a: Tensor, b: Tensor) throws -> Tensor { try a.combined("'+'", .add, b) }
    /// The difference; the smaller shape repeats.
    public static func - (a: Tensor, b: Tensor) throws -> Tensor { try a.combined("'-'", .subtract, b) }
    /// The product, element by element; the smaller shape repeats.
    public static func * (a: Tensor, b: Tensor) throws -> Tensor { try a.combined("'*'", .multiply, b) }
    /// The quotient, element by element; the smaller shape repeats.
    public static func / (a: Tensor, b: Tensor) throws -> Tensor { try a.combined("'/'", .divide, b) }
    /// Each element times -1.
    public static prefix func - (x: Tensor) throws -> Tensor { try x.makeReal("'-'") { try $0.negate(x.node) } }

    /// The sum of each element and a number.
    public static func + (a: Tensor, b: Double) throws -> Tensor { try a.combined("'+'", .add, b) }
    /// The difference of each element and a number.
    public static func - (a: Tensor, b: Double) throws -> Tensor { try a.combined("'-'", .subtract, b) }
    /// The product, element by element of each element and a number.
    public static func * (a: Tensor, b: Double) throws -> Tensor { try a.combined("'*'", .multiply, b) }
    /// The quotient, element by element of each element and a number.
    public static func / (a: Tensor, b: Double) throws -> Tensor { try a.combined("'/'", .divide, b) }
    /// The sum of a number and each element.
    public static func + (a: Double, b: Tensor) throws -> Tensor { try b + a }
    /// The difference of a number and each element.
    public static func - (a: Double, b: Tensor) throws -> Tensor { try -b + a }
    /// The product, element by element of a number and each element.
    public static func * (a: Double, b: Tensor) throws -> Tensor { try b * a }
    /// The quotient, element by element of a number and each element.
    public static func / (a: Double, b: Tensor) throws -> Tensor {
        try b.makeReal("'/'") { try $0.divide($0.filled(a, like: b.node), b.node) }
    }

    /// `self` to a constant power. Whole exponents are products, never logarithms.
    public func power(_ exponent: Double) throws -> Tensor { try combined("power", .power, exponent) }
    /// The larger of each two elements; equal ones share the derivative.
    public func maximum(_ other: Tensor) throws -> Tensor { try combined("maximum", .maximum, other) }
    /// The smaller of each two elements; equal ones share the derivative.
    public func minimum(_ other: Tensor) throws -> Tensor { try combined("minimum", .minimum, other) }

    private func combined(_ name: String, _ operation: ElementwiseOperation, _ other: Tensor) throws -> Tensor {
        try requireOneModel([other], name)
        return try makeReal(name) { graph in
            try other.requireReal(name)
            let operands = try graph.broadcastTogether([node, other.node])
            return try graph.binary(operation, operands[0], operands[1])
        }
    }
    private func combined(_ name: String, _ operation: ElementwiseOperation, _ number: Double) throws -> Tensor {
        try makeReal(name) { try $0.binary(operation, node, $0.filled(number, like: node)) }
    }
}
