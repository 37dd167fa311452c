/// An activation function as a layer without parameters.
public enum Activation: Layer, Hashable {
    /// Functions of one element, as ``Tensor`` has them; `gelu` is the exact one.
    case identity, relu, gelu, silu, tanh, sigmoid, softplus
    /// The approximation of gelu by tanh.
    case geluTanh
    /// x where positive, else slope x.
    case leakyRelu(slope: Double = 0.01)
    /// x where positive, else alpha (exp(x) - 1).
    case elu(alpha: Double = 1)
    /// exp(x) / sum exp(x) along an axis.
    case softmax(axis: Int = -1)
    /// x - log sum exp(x) along an axis.
    case logSoftmax(axis: Int = -1)

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        switch self {
        case .identity: x
        case .relu: try x.relu()
        case .gelu: try x.gelu()
        case .geluTanh: try x.gelu(isApproximate: true)
        case .silu: try x.silu()
        case .tanh: try x.tanh()
        case .sigmoid: try x.sigmoid()
        case .softplus: try x.softplus()
        case .leakyRelu(let slope): try x.leakyRelu(slope: slope)
        case .elu(let alpha): try x.elu(alpha: alpha)
        case .softmax(let axis): try x.softmax(axis: axis)
        case .logSoftmax(let axis): try x.logSoftmax(axis: axis)
        }
    }
}
