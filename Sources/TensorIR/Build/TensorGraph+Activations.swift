/// Activation functions, composed so that each derivative is finite on the side that is not taken, and as PyTorch's
/// at the kink.
extension TensorGraph {
    /// a where x > 0 and b elsewhere, NaN included.
    package func wherePositive(_ x: Node, _ a: Node, _ b: Node) throws -> Node {
        try select(less(zeros(like: x), x), a, b)
    }
    package func leakyRelu(_ x: Node, slope: Double) throws -> Node {
        try wherePositive(x, x, scale(x, by: slope))
    }
    /// x where positive, else alpha (exp(x / divisor) - 1). The exponential never sees a positive number, so it
    /// cannot overflow.
    package func exponentialUnit(_ x: Node, alpha: Double, divisor: Double = 1) throws -> Node {
        let negative = try wherePositive(x, zeros(like: x), x)
        let exponential = try unary(.expm1, scale(negative, by: 1 / divisor))
        return try add(relu(x), scale(exponential, by: alpha))
    }
    /// x times the normal distribution function of x (Hendrycks and Gimpel 2016), or its approximation by tanh.
    package func gelu(_ x: Node, isApproximate: Bool = false) throws -> Node {
        let inner: Node
        if isApproximate {
            let cubic = try add(x, scale(multiply(square(x), x), by: 0.044715))
            inner = try tanh(scale(cubic, by: (2 / Double.pi).squareRoot()))
        } else {
            inner = try unary(.erf, scale(x, by: 0.5.squareRoot()))
        }
        return try multiply(scale(x, by: 0.5), add(inner, filled(1, like: inner)))
    }
    /// x sigmoid(slope x).
    package func swish(_ x: Node, slope: Double = 1) throws -> Node {
        try multiply(x, sigmoid(scale(x, by: slope)))
    }
}
