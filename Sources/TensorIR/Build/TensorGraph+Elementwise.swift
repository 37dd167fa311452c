import Kernels

/// Arithmetic on nodes of one shape. Neutral operands drop out, and operands of commutative operations are ordered, so that
/// spellings of one value are one node.
extension TensorGraph {
    package func unary(_ operation: ElementwiseOperation, _ x: Node) throws -> Node {
        try append(Elementwise(operation), x)
    }
    package func binary(_ operation: ElementwiseOperation, _ a: Node, _ b: Node) throws -> Node {
        switch operation {
        case .add: try add(a, b)
        case .subtract: try subtract(a, b)
        case .multiply: try multiply(a, b)
        case .divide: try divide(a, b)
        case .power: try power(a, b)
        case .maximum, .minimum, .equal, .and, .or, .xor: try commutative(operation, a, b)
        default: try append(Elementwise(operation), a, b)
        }
    }
    private func commutative(_ operation: ElementwiseOperation, _ a: Node, _ b: Node) throws -> Node {
        try append(Elementwise(operation), min(a, b), max(a, b))
    }

    package func add(_ a: Node, _ b: Node) throws -> Node {
        if haveSameType(a, b) {
            if uniformValue(b) == 0 { return a }
            if uniformValue(a) == 0 { return b }
        }
        return try commutative(.add, a, b)
    }
    package func subtract(_ a: Node, _ b: Node) throws -> Node {
        if haveSameType(a, b) {
            if uniformValue(b) == 0 { return a }
            if uniformValue(a) == 0 { return try negate(b) }
        }
        return try append(Elementwise(.subtract), a, b)
    }
    package func multiply(_ a: Node, _ b: Node) throws -> Node {
        if haveSameType(a, b) {
            if uniformValue(b) == 1 { return a }
            if uniformValue(a) == 1 { return b }
        }
        return try commutative(.multiply, a, b)
    }
    package func divide(_ a: Node, _ b: Node) throws -> Node {
        if haveSameType(a, b), uniformValue(b) == 1 { return a }
        return try append(Elementwise(.divide), a, b)
    }
    package func negate(_ x: Node) throws -> Node {
        if nodeClass(x) == .elementwise(.negate) { return operands(x)[0] }
        return try unary(.negate, x)
    }
    /// Powers with small constant integer exponents are products, never logarithms.
    package func power(_ a: Node, _ b: Node) throws -> Node {
        guard haveSameType(a, b), let exponent = uniformValue(b) else { return try append(Elementwise(.power), a, b) }
        switch exponent {
        case 0: return try filled(1, like: a)
        case 1: return a
        case 2: return try square(a)
        case 3: return try multiply(square(a), a)
        case 4: return try square(square(a))
        case 0.5: return try sqrt(a)
        case -0.5: return try reciprocal(sqrt(a))
        case -1: return try reciprocal(a)
        case -2: return try reciprocal(square(a))
        default: return try append(Elementwise(.power), a, b)
        }
    }
    package func scale(_ x: Node, by factor: Double) throws -> Node { try multiply(x, filled(factor, like: x)) }
    /// x times a scalar that only the run knows, in x's precision.
    package func scale(_ x: Node, by scalar: Node) throws -> Node {
        try multiply(x, broadcast(cast(scalar, to: type(x).element), to: shape(x), axes: []))
    }
    package func reciprocal(_ x: Node) throws -> Node { try unary(.reciprocal, x) }
    package func exp(_ x: Node) throws -> Node { try unary(.exp, x) }
    package func log(_ x: Node) throws -> Node { try unary(.log, x) }
    package func sqrt(_ x: Node) throws -> Node { try unary(.sqrt, x) }
    package func square(_ x: Node) throws -> Node { try unary(.square, x) }
    package func tanh(_ x: Node) throws -> Node { try unary(.tanh, x) }
    package func sigmoid(_ x: Node) throws -> Node { try unary(.sigmoid, x) }
    package func relu(_ x: Node) throws -> Node { try unary(.relu, x) }
    package func equal(_ a: Node, _ b: Node) throws -> Node { try commutative(.equal, a, b) }
    package func less(_ a: Node, _ b: Node) throws -> Node { try append(Elementwise(.less), a, b) }
    package func not(_ x: Node) throws -> Node { try unary(.not, x) }
    package func select(_ condition: Node, _ a: Node, _ b: Node) throws -> Node {
        a == b ? a : try append(Elementwise(.select), condition, a, b)
    }
    package func cast(_ x: Node, to element: ElementType) throws -> Node {
        type(x).element == element ? x : try append(Elementwise(.cast, target: element), x)
    }
    package func detached(_ x: Node) throws -> Node { try append(Detached(), x) }
}
