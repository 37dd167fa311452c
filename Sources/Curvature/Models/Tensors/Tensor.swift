import TensorIR

/// A value in a model under construction. Its first axis is the examples, unless it is made of parameters or constants alone.
///
/// Axes are counted from 0, the examples included, or from the end with -1 for the last. No function works along the axis of
/// the examples: predictions must not depend on other examples. Every function throws ``ModelError`` where shapes do not fit.
public struct Tensor {
    package let node: Node
    package let builder: ModelBuilder
    package init(node: Node, builder: ModelBuilder) { (self.node, self.builder) = (node, builder) }

    /// The extents, nil for the axis of the examples.
    public var shape: [Int?] { type.shape.dimensions.map { $0.number } }
    /// The number of axes, that of the examples included.
    public var rank: Int { type.shape.rank }
    /// Whether the elements are integers: data such as tokens, which index and have no derivative.
    public var isInteger: Bool { type.element == .int64 }

    package var type: TensorType { builder.graph.type(node) }

    /// The model that predicts this, of shape (N, ..., C).
    public func model() throws -> Model { try builder.model(self) }

    /// Values that are the same for every example, for use beside this tensor. Row-major.
    public func constant(_ values: [Double], shape: [Int]) throws -> Tensor {
        try builder.constant(values, shape: shape)
    }

    /// Another tensor of the same model; errors are about the function `name`.
    func make(_ name: String, _ build: (TensorGraph) throws -> Node) throws -> Tensor {
        Tensor(node: try ModelError.translating(place: name) { try build(builder.graph) }, builder: builder)
    }
    /// The same for a function of real numbers.
    func makeReal(_ name: String, _ build: (TensorGraph) throws -> Node) throws -> Tensor {
        try make(name) { graph in
            try requireReal(name)
            return try build(graph)
        }
    }
    /// Tensors of two models, or of a model and a loss, have nothing to do with each other.
    func requireOneModel(_ others: [Tensor], _ name: String) throws {
        guard others.allSatisfy({ $0.builder === builder }) else {
            throw ModelError(.values, place: name, "expected tensors of one model, found tensors of two")
        }
    }
    func requireReal(_ name: String) throws {
        guard type.element == .real else {
            throw ModelError(.shape, place: name, "expected real numbers, found \(type.element) of shape \(self)")
        }
    }
}

extension Tensor: CustomStringConvertible {
    /// The shape, with B for the examples: "(B, 784)".
    public var description: String { "\(type.shape)" }
}

extension Tensor {
    /// An axis counted from the front, which must not be the examples'.
    func axis(_ axis: Int) throws -> Int {
        let index = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(index) else {
            throw ModelError(.shape, "axis \(axis) is none of the \(rank) axes of \(self)")
        }
        guard type.shape[index].number != nil else {
            throw ModelError(
                .examplesMeet, "axis \(axis) of \(self) is the examples'; predictions must not depend on other examples"
            )
        }
        return index
    }
    func axes(_ axes: [Int]) throws -> [Int] {
        let all = try axes.map(axis)
        guard Set(all).count == all.count else { throw ModelError(.shape, "the axes \(axes) name one axis twice") }
        return all.sorted()
    }
    func size(_ axis: Int) -> Int { type.shape[axis].inner }
}
