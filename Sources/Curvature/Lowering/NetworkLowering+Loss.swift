import TensorIR

/// The loss's own tensors: targets and options, as nodes.
extension NetworkLowering {
    /// The loss's terms at predictions z, (examples, terms, outputs).
    static func lossTerms(
        _ problem: Problem, _ z: Node, _ examples: Dimension, _ graph: TensorGraph
    ) throws -> any LossTerms {
        let shape = problem.shape
        let middle = Array(shape.predictionShape[1..<(shape.predictionShape.count - 1)])
        func option(_ name: String?) throws -> Node? {
            guard let name else { return nil }
            let sizes = problem.vectors.tensors[name]!.shape
            if case .crossEntropy = problem.loss.function {
                return try graph.input(.auxiliary(name), TensorType(Shape(sizes)))
            }
            return try LossTensor(name: name, shape: sizes, predictionShape: shape.predictionShape)
                .node(like: z, middle: middle, examples: examples, in: graph)
        }
        let own = problem.data.tensors["targets"]!.shape.dropFirst().map { Dimension($0) }
        func targets(_ element: ElementType) throws -> Node {
            try graph.input(.data("targets"), TensorType(Shape([examples] + own), element))
        }
        switch problem.loss.function {
        case .crossEntropy(let ignored, let smoothing, let weights, let classAxis):
            if problem.hasIndexTargets {
                let labels = try graph.reshape(targets(.int64), graph.shape(z).removing(axes: [2]))
                return CrossEntropyTerms(
                    target: .index(labels, ignoring: ignored), labelSmoothing: smoothing, weights: try option(weights))
            }
            var y = try targets(.real)
            if let classAxis {
                let rank = graph.shape(y).rank
                y = try graph.permute(y, (0..<rank).filter { $0 != classAxis } + [classAxis])
            }
            return CrossEntropyTerms(
                target: .probabilities(try graph.reshape(y, graph.shape(z))), labelSmoothing: smoothing,
                weights: try option(weights))
        case .meanSquaredError(let weights):
            return SquaredErrorTerms(
                target: try graph.reshape(targets(.real), graph.shape(z)), weights: try option(weights))
        case .binaryCrossEntropy(let positive, let weights):
            return BinaryCrossEntropyTerms(
                target: try graph.reshape(targets(.real), graph.shape(z)), weights: try option(weights),
                positiveWeights: try option(positive))
        case .custom(let loss):
            let trace = CustomTrace(loss, predictionShape: shape.predictionShape)
            return try CustomTerms(
                trace, z, targets: targets(problem.data.tensors["targets"]!.isInteger ? .int64 : .real), in: graph)
        }
    }
}
