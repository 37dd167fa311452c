import TensorIR

/// A tensor that a loss option names: it broadcasts against the predictions (N, ..., C), and goes along with the examples if its
/// first axis is theirs.
struct LossTensor {
    let name: String
    let shape: [Int]
    /// Whether each example has its own values.
    let isPerExample: Bool

    init(name: String, shape: [Int], predictionShape: [Int]) {
        (self.name, self.shape) = (name, shape)
        isPerExample = shape.count == predictionShape.count && shape[0] == predictionShape[0] && shape[0] != 1
    }

    static func broadcasts(_ shape: [Int], to target: [Int]) -> Bool {
        shape.count <= target.count && zip(shape.reversed(), target.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
    }

    /// The node of z's shape (examples, terms, outputs). `examples` is the extent of the example axis.
    func node(like z: Node, middle: [Int], examples: Dimension, in graph: TensorGraph) throws -> Node {
        let rest = Shape(
            isPerExample ? [examples] + shape.dropFirst().map { Dimension($0) } : shape.map { Dimension($0) })
        let role: InputLeaf.Role = isPerExample ? .exampleWeights(name) : .auxiliary(name)
        let full = Shape([examples] + middle.map { Dimension($0) } + [graph.shape(z)[2]])
        return try graph.reshape(graph.broadcast(graph.input(role, TensorType(rest)), to: full), graph.shape(z))
    }
}
