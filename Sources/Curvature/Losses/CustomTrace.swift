import TensorIR

/// A loss of one's own put on a graph: what the closure sees of predictions and targets, and whether what it gives is a loss.
struct CustomTrace {
    let loss: CustomLoss
    /// (N, ..., C).
    let predictionShape: [Int]

    init(_ loss: CustomLoss, predictionShape: [Int]) { (self.loss, self.predictionShape) = (loss, predictionShape) }

    private var middle: ArraySlice<Int> { predictionShape[1..<predictionShape.count - 1] }
    /// T and C, as the loss has them.
    var terms: Int { loss.term == .position ? middle.reduce(1, *) : 1 }
    var outputs: Int { loss.term == .position ? predictionShape.last! : predictionShape.dropFirst().reduce(1, *) }
    /// The first axis of all that the closure sees.
    private var rows: Dimension { Dimension(examplesTimes: terms) }

    /// What the closure makes of predictions z, (examples, terms, outputs), and targets as the data have them: (rows, ...).
    ///
    /// - Throws: ``ProblemError``.
    func value(_ z: Node, targets: Node, in graph: TensorGraph) throws -> Node {
        let builder = ModelBuilder(graph: graph)
        let outer = loss.term == .position ? [predictionShape.last!] : Array(predictionShape.dropFirst())
        let inner = graph.shape(targets).dimensions.dropFirst(loss.term == .position ? 1 + middle.count : 1)
        let predictions = Tensor(
            node: try graph.reshape(z, Shape([rows] + outer.map { Dimension($0) })), builder: builder)
        let known = Tensor(node: try graph.reshape(targets, Shape([rows] + inner)), builder: builder)
        let result: Tensor
        do {
            result = try loss.body(predictions, known)
        } catch {
            throw failure("\(error); predictions are \(text(predictions)) and targets \(text(known))")
        }
        guard result.builder === builder else {
            throw failure("it gives a tensor that is not made of its predictions and targets")
        }
        guard result.type.element == .real, result.type.shape.dimensions.first == rows else {
            throw failure(
                "expected a real number or several for each row, (rows) or (rows, ...), found \(result.type.element) of shape \(text(result))"
            )
        }
        return result.node
    }

    /// Runs the closure on shapes alone.
    ///
    /// - Returns: How many values it gives for a term.
    /// - Throws: ``ProblemError`` where the targets' shape does not go with the terms, or the closure fails.
    func check(_ targets: DataTensor, origin: String) throws -> Int {
        let leading = loss.term == .position ? Array(predictionShape.dropLast()) : [predictionShape[0]]
        guard targets.shape.starts(with: leading) else {
            let remedy =
                targets.shape.first == predictionShape[0] && loss.term == .position
                ? "; a loss that each example has as a whole says term: .example" : ""
            throw ProblemError(
                .data,
                "\(origin): 'targets' has shape \(targets.shape), expected \(leading) and perhaps further axes, for a loss of each \(loss.term)\(remedy)"
            )
        }
        let graph = TensorGraph()
        let z = try graph.input(
            .data("predictions"), TensorType([.examples, Dimension(terms), Dimension(outputs)]))
        let own = targets.shape.dropFirst().map { Dimension($0) }
        let known = try graph.input(
            .data("targets"), TensorType(Shape([.examples] + own), targets.isInteger ? .int64 : .real))
        let result = try value(z, targets: known, in: graph)
        guard graph.exampleMeeting(before: result) == nil else {
            throw failure("it sums over the rows; each row's value must depend on that row alone")
        }
        return graph.shape(result).dimensions.dropFirst().reduce(1) { $0 * $1.inner }
    }

    private func failure(_ message: String) -> ProblemError {
        ProblemError(.loss, "loss \(OneLine.quoted(loss.name)): \(message)")
    }

    /// The shape as the closure's author thinks of it.
    private func text(_ tensor: Tensor) -> String {
        "(" + tensor.shape.map { $0.map(String.init) ?? "rows" }.joined(separator: ", ") + ")"
    }
}
