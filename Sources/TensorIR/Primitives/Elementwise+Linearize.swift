import Kernels

extension Elementwise {
    /// Derivatives as in PyTorch at kinks: relu'(0) = 0, abs'(0) = 0, ties of min and max shared equally.
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in g: TensorGraph) throws -> Node? {
        guard g.type(node).element.isFloating else { return nil }
        switch operation {
        case .identity, .negate, .cast:
            guard let t = tangents[0], g.type(operands[0]).element.isFloating else { return nil }
            return try g.append(self, [t])
        case .add, .subtract:
            return try sum(
                tangents[0], tangents[1].map { try operation == .subtract ? g.negate($0) : $0 }, g)
        case .multiply:
            return try sum(
                tangents[0].map { try g.multiply($0, operands[1]) },
                tangents[1].map { try g.multiply($0, operands[0]) }, g)
        case .divide:
            return try sum(
                tangents[0].map { try g.divide($0, operands[1]) },
                tangents[1].map { try g.negate(g.multiply($0, g.divide(node, operands[1]))) }, g)
        case .select:
            guard tangents[1] != nil || tangents[2] != nil else { return nil }
            return try g.select(
                operands[0], tangents[1] ?? g.zeros(like: operands[1]), tangents[2] ?? g.zeros(like: operands[2]))
        case .maximum, .minimum:
            let (a, b) = (operands[0], operands[1])
            let first = try operation == .maximum ? g.less(b, a) : g.less(a, b)
            let half = try g.select(g.equal(a, b), g.filled(0.5, like: a), g.zeros(like: a))
            let share = try g.select(first, g.filled(1, like: a), half)
            return try sum(
                tangents[0].map { try g.multiply($0, share) },
                tangents[1].map { try g.multiply($0, g.subtract(g.filled(1, like: a), share)) }, g)
        case .power:
            let (a, b) = (operands[0], operands[1])
            return try sum(
                tangents[0].map { t in
                    let lowered = try g.multiply(b, g.power(a, g.subtract(b, g.filled(1, like: b))))
                    return try g.multiply(t, g.select(g.equal(b, g.zeros(like: b)), g.zeros(like: b), lowered))
                },
                tangents[1].map { t in
                    // d/db a^b = a^b log a, and 0 at a = 0 where the power is 0 around.
                    let safe = try g.select(g.equal(a, g.zeros(like: a)), g.filled(1, like: a), a)
                    return try g.multiply(t, g.multiply(node, g.log(safe)))
                }, g)
        case .remainder, .truncatedRemainder:
            let quotient = try g.divide(g.subtract(operands[0], node), operands[1])
            return try sum(
                tangents[0], tangents[1].map { try g.negate(g.multiply($0, g.unary(.round, quotient))) }, g)
        default:
            guard let t = tangents[0], let slope = try slope(operands[0], node, g) else { return nil }
            return try g.multiply(t, slope)
        }
    }

    private func sum(_ a: Node?, _ b: Node?, _ g: TensorGraph) throws -> Node? {
        guard let a else { return b }
        guard let b else { return a }
        return try g.add(a, b)
    }

    /// The derivative of a function of one variable at `x`, where it has the value `y`; nil where it is zero everywhere.
    private func slope(_ x: Node, _ y: Node, _ g: TensorGraph) throws -> Node? {
        func filled(_ value: Double) throws -> Node { try g.filled(value, like: x) }
        func one(minusSquareOf v: Node) throws -> Node { try g.subtract(filled(1), g.square(v)) }
        func one(plusSquareOf v: Node) throws -> Node { try g.add(filled(1), g.square(v)) }
        return switch operation {
        case .absolute: try g.unary(.sign, x)
        case .exp: y
        case .expm1: try g.add(y, filled(1))
        case .log: try g.reciprocal(x)
        case .log1p: try g.reciprocal(g.add(x, filled(1)))
        case .sqrt: try g.divide(filled(0.5), y)
        case .reciprocal: try g.negate(g.square(y))
        case .square: try g.multiply(x, filled(2))
        case .sin: try g.unary(.cos, x)
        case .cos: try g.negate(g.unary(.sin, x))
        case .tan: try one(plusSquareOf: y)
        case .asin: try g.reciprocal(g.sqrt(one(minusSquareOf: x)))
        case .acos: try g.negate(g.reciprocal(g.sqrt(one(minusSquareOf: x))))
        case .atan: try g.reciprocal(one(plusSquareOf: x))
        case .sinh: try g.unary(.cosh, x)
        case .cosh: try g.unary(.sinh, x)
        case .asinh: try g.reciprocal(g.sqrt(one(plusSquareOf: x)))
        case .acosh: try g.reciprocal(g.sqrt(g.subtract(g.square(x), filled(1))))
        case .atanh: try g.reciprocal(one(minusSquareOf: x))
        case .tanh: try one(minusSquareOf: y)
        case .sigmoid: try g.multiply(y, g.subtract(filled(1), y))
        case .erf: try g.multiply(g.exp(g.negate(g.square(x))), filled(2 / Double.pi.squareRoot()))
        case .softplus: try g.sigmoid(x)
        case .relu: try g.unary(.step, y)  // y > 0 exactly where x > 0, and x need not be kept
        default: nil
        }
    }
}
