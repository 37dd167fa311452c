import TensorIR

/// Activation functions, element by element but for the softmaxes.
extension Tensor {
    /// max(x, 0); its derivative at 0 is 0.
    public func relu() throws -> Tensor { try mapped("relu", .relu) }
    /// The hyperbolic tangent.
    public func tanh() throws -> Tensor { try mapped("tanh", .tanh) }
    /// 1 / (1 + exp(-x)).
    public func sigmoid() throws -> Tensor { try mapped("sigmoid", .sigmoid) }
    /// log(1 + exp(x)), which does not overflow.
    public func softplus() throws -> Tensor { try mapped("softplus", .softplus) }
    /// x times the normal distribution function of x (Hendrycks and Gimpel 2016).
    ///
    /// - Parameter isApproximate: the form by tanh.
    public func gelu(isApproximate: Bool = false) throws -> Tensor {
        try makeReal("gelu") { try $0.gelu(node, isApproximate: isApproximate) }
    }
    /// x sigmoid(x), also called swish.
    public func silu() throws -> Tensor { try makeReal("silu") { try $0.swish(node) } }
    /// x where positive, else slope x.
    public func leakyRelu(slope: Double = 0.01) throws -> Tensor {
        try makeReal("leakyRelu") { try $0.leakyRelu(node, slope: slope) }
    }
    /// x where positive, else alpha (exp(x) - 1).
    public func elu(alpha: Double = 1) throws -> Tensor {
        try makeReal("elu") { try $0.exponentialUnit(node, alpha: alpha) }
    }
    /// exp(x) / sum exp(x) along an axis. A row of -infinity everywhere gives zeros.
    public func softmax(axis: Int = -1) throws -> Tensor {
        try makeReal("softmax") { try $0.softmax(node, axis: self.axis(axis)) }
    }
    /// x - log sum exp(x) along an axis.
    public func logSoftmax(axis: Int = -1) throws -> Tensor {
        try makeReal("logSoftmax") { try $0.logSoftmax(node, axis: self.axis(axis)) }
    }
}
