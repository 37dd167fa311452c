import TensorIR

/// y = W x + b along the last axis; W is (outputs, inputs).
public struct Linear: Sendable {
    public var outputs: Int
    public var hasBias: Bool
    public init(_ outputs: Int, hasBias: Bool = true) { (self.outputs, self.hasBias) = (outputs, hasBias) }

    /// Adds the layer with parameters `name.weight` and `name.bias`.
    public func callAsFunction(_ x: Tensor, in builder: ModelBuilder, name: String) throws -> Tensor {
        guard let inputs = builder.graph.shape(x.node).dimensions.last?.number else {
            throw GraphError(.invalid, "linear layer '\(name)': \(x.shape) has no axis of features")
        }
        let bound = 1 / Double(inputs).squareRoot()
        let weight = try builder.parameter("\(name).weight", shape: [outputs, inputs], bound: bound)
        let product = try x.map { try $0.matmul(x.node, $0.permute(weight.node, [1, 0])) }
        guard hasBias else { return product }
        return try product + builder.parameter("\(name).bias", shape: [outputs], bound: bound)
    }
}
