import TensorIR

/// A network as a tensor graph: from inputs and parameters to predictions. Made by an importer, or in Swift.
public struct Model: @unchecked Sendable {
    // `@unchecked`: the graph is a class, but nobody adds to it once the model exists; requests are lowered into copies.
    package let graph: TensorGraph
    /// The predictions (N, ..., C), real.
    package let prediction: Node
    /// What a data set has to bring.
    public let inputs: [ModelInput]
    /// Every floating-point tensor that could be a parameter, in the order of the file or of its making.
    public let parameters: [Parameter]
    /// The number of examples the graph was built for, where examples meet (a softmax or a reduction over examples) and
    /// the whole data set has to run as one batch; nil where any batch size will do.
    public let onlyBatch: Int?
    /// Why it runs as one batch only: the node where the examples meet.
    public let onlyBatchReason: String?
    /// What a user should know of how the model was read, one line each.
    public let notes: [String]
    /// Where the order of the parameters is a file's.
    package let order: ParameterOrder?

    package init(
        graph: TensorGraph, prediction: Node, inputs: [ModelInput], parameters: [Parameter], onlyBatch: Int? = nil,
        onlyBatchReason: String? = nil, notes: [String] = [], order: ParameterOrder? = nil
    ) {
        (self.graph, self.prediction, self.inputs, self.parameters) = (graph, prediction, inputs, parameters)
        (self.onlyBatch, self.onlyBatchReason, self.notes) = (onlyBatch, onlyBatchReason, notes)
        self.order = order
    }
}

extension Model {
    /// What the parameters take as they came, in bytes. It is part of a plan's predicted peak; buffers of a run are counted without it.
    public var byteCount: Int {
        parameters.reduce(0) { sum, parameter in
            sum + parameter.values.byteCount
        }
    }
}

/// A tensor that the data set brings: its first axis is the examples.
public struct ModelInput: Sendable {
    /// As the file or the builder calls it.
    public let name: String
    package let node: Node
    package let type: TensorType
    package init(name: String, node: Node, type: TensorType) { (self.name, self.node, self.type) = (name, node, type) }
}

/// A tensor of the model that can be differentiated in.
public struct Parameter: Sendable {
    /// As the file calls it, or as its place in the tree of layers does.
    public let name: String
    /// The extents, row-major.
    public let shape: [Int]
    /// Whether it is selected when the user names no parameters.
    public let isTrainable: Bool
    /// Why, or why not, in a few words.
    public let reason: String
    package let node: Node
    /// Row-major.
    public let values: ParameterValues
    /// The tensors of a checkpoint that it is made of, where those have other names; empty where it is one of its own name.
    package let pieces: [CheckpointPiece]

    package init(
        name: String, shape: [Int], isTrainable: Bool, reason: String, node: Node, values: ParameterValues,
        pieces: [CheckpointPiece] = []
    ) {
        (self.name, self.shape, self.isTrainable, self.reason) = (name, shape, isTrainable, reason)
        (self.node, self.values, self.pieces) = (node, values, pieces)
    }
    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
}
