import Kernels
import TensorIR

/// A network under construction, written in Swift: layers and plain functions of tensors build the same graph that an importer does.
///
///     let builder = try ModelBuilder(inputShape: [784], seed: 0)
///     var x = builder.input
///     x = try Linear(128)(x, in: builder, name: "0")
///     x = try x.relu()
///     let model = try Linear(10)(x, in: builder, name: "2").model()
///
/// Parameters are drawn as PyTorch's layers draw them, uniform in +-1/sqrt(fan in), from the seed and their position alone.
public final class ModelBuilder {
    package let graph = TensorGraph()
    private var parameters: [Parameter] = []
    private let inputs: [ModelInput]
    private let random: Philox
    /// The model's input, one example along the first axis.
    public private(set) var input: Tensor!

    /// - Parameter inputShape: of one example.
    public init(inputShape: [Int], isInteger: Bool = false, seed: UInt64 = 0) throws {
        random = Philox(seed: seed)
        let type = TensorType(Shape([.examples] + inputShape.map { Dimension($0) }), isInteger ? .int64 : .real)
        let node = try graph.input(.data("inputs"), type)
        inputs = [ModelInput(name: "inputs", node: node, type: type)]
        input = Tensor(node: node, builder: self)
    }

    /// A new parameter, uniform in [-bound, bound].
    public func parameter(_ name: String, shape: [Int], bound: Double) throws -> Tensor {
        let index = parameters.count
        let values = (0..<shape.reduce(1, *)).map {
            Float((2 * random.uniform(example: index, component: $0) - 1) * bound)
        }
        return try parameter(name, shape: shape, values: .float32(values))
    }

    /// A new parameter with given values, row-major.
    public func parameter(_ name: String, shape: [Int], values: ParameterValues) throws -> Tensor {
        guard values.count == shape.reduce(1, *) else {
            throw GraphError(.invalid, "parameter '\(name)' of shape \(shape) cannot hold \(values.count) values")
        }
        guard !parameters.contains(where: { $0.name == name }) else {
            throw GraphError(.invalid, "there are two parameters '\(name)'")
        }
        let node = try graph.input(.parameter(parameters.count), TensorType(Shape(shape)))
        parameters.append(
            Parameter(
                name: name, shape: shape, isTrainable: true, reason: "a layer's parameter", node: node, values: values))
        return Tensor(node: node, builder: self)
    }

    /// The model whose predictions are `prediction`, (N, ..., C).
    public func model(_ prediction: Tensor) throws -> Model {
        guard graph.shape(prediction.node).dimensions.first == .examples else {
            throw GraphError(
                .invalid, "predictions of shape \(graph.shape(prediction.node)) do not have the examples first")
        }
        return Model(graph: graph.copy(), prediction: prediction.node, inputs: inputs, parameters: parameters)
    }
}

/// A value in a model under construction. Its first axis is the examples, unless it is made of parameters alone.
public struct Tensor {
    package let node: Node
    package let builder: ModelBuilder
    package init(node: Node, builder: ModelBuilder) { (self.node, self.builder) = (node, builder) }

    /// Extents as text, with B for the examples: "(B, 784)".
    public var shape: String { "\(builder.graph.shape(node))" }

    package func map(_ build: (TensorGraph) throws -> Node) rethrows -> Tensor {
        Tensor(node: try build(builder.graph), builder: builder)
    }
    /// The model that predicts this.
    public func model() throws -> Model { try builder.model(self) }
}

extension Tensor {
    public func relu() throws -> Tensor { try map { try $0.relu(node) } }
    public func tanh() throws -> Tensor { try map { try $0.tanh(node) } }
    public func sigmoid() throws -> Tensor { try map { try $0.sigmoid(node) } }
    /// The sum of two tensors, broadcast as NumPy does.
    public static func + (a: Tensor, b: Tensor) throws -> Tensor {
        try a.map { graph in
            let operands = try graph.broadcastTogether([a.node, b.node])
            return try graph.add(operands[0], operands[1])
        }
    }
    /// One axis for all but the examples.
    public func flatten() throws -> Tensor {
        try map { graph in
            let shape = graph.shape(node)
            return try graph.reshape(
                node, Shape([shape[0], Dimension(shape.dimensions.dropFirst().reduce(1) { $0 * $1.inner })]))
        }
    }
}
