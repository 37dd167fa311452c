import Kernels
import TensorIR

/// A network under construction, written in Swift: layers and plain functions of tensors build the same graph that an importer does.
///
///     let builder = try ModelBuilder(inputShape: [784], seed: 0)
///     var x = try Linear(128)(builder.input, in: builder.scope("0"))
///     x = try x.relu()
///     let model = try Linear(10)(x, in: builder.scope("2")).model()
///
/// A network that is a chain of layers needs no builder: see ``Model/init(_:inputShape:isInteger:seed:)``.
public final class ModelBuilder {
    package let graph: TensorGraph
    private var parameters: [Parameter] = []
    private var indices: [String: Int] = [:]
    private var inputs: [ModelInput] = []
    private let random: Philox

    /// A model without inputs yet; see ``input(_:shape:isInteger:)``.
    ///
    /// - Parameter seed: of the parameters' initial values.
    public init(seed: UInt64 = 0) {
        graph = TensorGraph()
        random = Philox(seed: seed)
    }

    /// What builds on a graph that exists, and has neither inputs nor parameters.
    package init(graph: TensorGraph) {
        self.graph = graph
        random = Philox(seed: 0)
    }

    /// A model with one input, called `inputs`.
    ///
    /// - Parameters:
    ///   - inputShape: of one example.
    ///   - isInteger: whether the data are integers, such as tokens.
    ///   - seed: of the parameters' initial values.
    public convenience init(inputShape: [Int], isInteger: Bool = false, seed: UInt64 = 0) throws {
        self.init(seed: seed)
        _ = try input("inputs", shape: inputShape, isInteger: isInteger)
    }

    /// The first input, one example along the first axis.
    ///
    /// - Precondition: there is one.
    public var input: Tensor {
        guard let first = inputs.first else { preconditionFailure("the model has no input yet") }
        return Tensor(node: first.node, builder: self)
    }

    /// A new input: a tensor that the data bring under this name.
    ///
    /// - Parameters:
    ///   - name: of the data's tensor.
    ///   - shape: of one example.
    ///   - isInteger: whether the data are integers, such as tokens.
    public func input(_ name: String, shape: [Int], isInteger: Bool = false) throws -> Tensor {
        guard !inputs.contains(where: { $0.name == name }), name != "targets" else {
            throw ModelError(.name, "expected a new name for an input, found \(OneLine.quotedName(name)); give another")
        }
        try checkShape(shape, of: "input \(OneLine.quotedName(name))")
        let type = TensorType(Shape([.examples] + shape.map { Dimension($0) }), isInteger ? .int64 : .real)
        let node = try graph.input(.data(name), type)
        inputs.append(ModelInput(name: name, node: node, type: type))
        return Tensor(node: node, builder: self)
    }

    /// The place where a layer makes its parameters; the root without a name.
    public func scope(_ path: String = "") -> Scope { Scope(builder: self, path: path) }

    /// Values that are the same for every example and are no parameter. Row-major.
    public func constant(_ values: [Double], shape: [Int]) throws -> Tensor {
        try checkShape(shape, of: "a constant")
        guard values.count == shape.reduce(1, *) else {
            throw ModelError(.values, "a constant of shape \(shape) cannot hold \(values.count) values")
        }
        return Tensor(node: try graph.constant(Constant(shape, values)), builder: self)
    }

    func parameter(
        _ name: String, shape: [Int], _ initialization: Initialization, isTrainable: Bool = true,
        reason: String = "a layer's parameter"
    ) throws -> Tensor {
        guard indices[name] == nil else {
            throw ModelError(
                .name,
                "there are two parameters \(OneLine.quotedName(name)); give the layers scopes of their own, or share with 'reusing'"
            )
        }
        try checkShape(shape, of: "parameter \(OneLine.quotedName(name))")
        let index = parameters.count
        let values = initialization.values(count: shape.reduce(1, *), index: index, random: random)
        let node = try graph.input(.parameter(index), TensorType(Shape(shape)))
        graph.setOrigin(name, of: node)
        indices[name] = index
        parameters.append(
            Parameter(
                name: name, shape: shape, isTrainable: isTrainable, reason: reason, node: node,
                values: .float32(values)))
        return Tensor(node: node, builder: self)
    }

    /// A parameter that exists.
    func parameter(named name: String, shape: [Int]) throws -> Tensor {
        guard let index = indices[name] else {
            throw ModelError(
                .name,
                "expected a parameter \(OneLine.quotedName(name)) to share, found none"
                    + NearestName.suggestion(for: name, in: parameters.map(\.name)))
        }
        let found = parameters[index]
        guard found.shape == shape else {
            throw ModelError(
                .name,
                "expected the shared parameter \(OneLine.quotedName(name)) to have shape \(shape), found \(found.shape)"
            )
        }
        return Tensor(node: found.node, builder: self)
    }

    private func checkShape(_ shape: [Int], of subject: String) throws {
        guard shape.allSatisfy({ $0 > 0 }) else {
            throw ModelError(.shape, "\(subject): expected positive extents, found \(shape)")
        }
    }

    /// The model whose predictions are `prediction`, (N, ..., C).
    public func model(_ prediction: Tensor) throws -> Model {
        let shape = graph.shape(prediction.node)
        guard shape.dimensions.first == .examples else {
            throw ModelError(.shape, "expected predictions with the examples along the first axis, found \(shape)")
        }
        guard graph.type(prediction.node).element == .real else {
            throw ModelError(.shape, "expected predictions that are real numbers, found integers or truth values")
        }
        // A value of one example must not have met another's on the way.
        if let meeting = graph.exampleMeeting(before: prediction.node) {
            let place = graph.origin(of: meeting) ?? graph.primitive(meeting).name
            throw ModelError(
                .examplesMeet, place: place, "it sums over the examples; predictions must not depend on other examples")
        }
        return Model(graph: graph.copy(), prediction: prediction.node, inputs: inputs, parameters: parameters)
    }
}
