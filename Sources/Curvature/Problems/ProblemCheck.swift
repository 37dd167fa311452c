import TensorIR

/// Checks that model, loss and data fit together, from shapes and types alone, and finds N, T and C.
struct ProblemCheck {
    let examples: Int
    let terms: Int
    let outputs: Int
    let predictionShape: [Int]
    let hasIndexTargets: Bool
    /// With the axis of the classes, where the shapes tell it.
    let loss: Loss
    /// See ``Problem/valuesPerTerm``.
    private(set) var valuesPerTerm = 1

    init(model: Model, loss: Loss, data: any DataSource, vectors: any DataSource) throws {
        examples = try ProblemCheck.examples(model, data)
        // (N, ..., C), the class axis last.
        var shape = model.graph.shape(model.prediction).sizes(examples: examples)
        guard let first = shape.first, first == examples else {
            throw ProblemError(
                .data,
                "the model's output has shape \(model.graph.shape(model.prediction)); its first axis must be the examples"
            )
        }
        if shape.count == 1 { shape.append(1) }
        let loss = try ClassAxis.settle(loss, predictions: shape, data: data)
        self.loss = loss
        if case .crossEntropy(_, _, _, let classAxis?) = loss.function {
            guard (1..<shape.count).contains(classAxis) else {
                throw ProblemError(
                    .loss,
                    "--loss: class_axis=\(classAxis) is no axis of the predictions \(shape); expected 1 to \(shape.count - 1)"
                )
            }
            shape.append(shape.remove(at: classAxis))
        }
        predictionShape = shape
        if case .custom(let custom) = loss.function {
            let trace = CustomTrace(custom, predictionShape: shape)
            (terms, outputs) = (trace.terms, trace.outputs)
            hasIndexTargets = false
            valuesPerTerm = try trace.check(try ProblemCheck.targets(data), origin: data.origin)
            return
        }
        outputs = shape.last!
        terms = shape[1..<(shape.count - 1)].reduce(1, *)
        hasIndexTargets = try ProblemCheck.checkTargets(loss, data, shape: shape)
        try checkOptions(loss, vectors)
    }

    private static func examples(_ model: Model, _ data: any DataSource) throws -> Int {
        var examples: Int?
        for input in model.inputs {
            let name = Problem.dataName(of: input, model: model, data: data)
            guard let tensor = data.tensors[name] else {
                throw ProblemError(
                    .data,
                    "\(data.origin): expected a tensor \(OneLine.quotedName(model.inputs.count == 1 ? "inputs" : name)) for the model's input, found \(names(data))"
                        + NearestName.suggestion(for: name, in: data.tensors.keys.sorted()))
            }
            guard let n = tensor.shape.first else {
                throw ProblemError(
                    .data,
                    "\(data.origin): \(OneLine.quotedName(name)) is a scalar; its first axis must be the examples")
            }
            guard n > 0 else {
                throw ProblemError(.data, "\(data.origin): \(OneLine.quotedName(name)) has no examples")
            }
            if let examples, examples != n {
                throw ProblemError(
                    .data,
                    "\(data.origin): \(OneLine.quotedName(name)) has \(n) examples where another input has \(examples)")
            }
            examples = n
            let expected = input.type.shape.sizes(examples: n)
            guard expected == tensor.shape else {
                throw ProblemError(
                    .data,
                    "\(data.origin): \(OneLine.quotedName(name)) has shape \(tensor.shape), but the model's input \(OneLine.quotedName(input.name)) takes \(input.type.shape)"
                )
            }
            guard tensor.isInteger == !input.type.element.isFloating || input.type.element.isFloating else {
                throw ProblemError(
                    .data,
                    "\(data.origin): \(OneLine.quotedName(name)) holds fractions, but the model's input \(OneLine.quotedName(input.name)) takes integers; save it as I64"
                )
            }
        }
        return examples ?? 0
    }

    private static func names(_ data: any DataSource) -> String {
        let names = data.tensors.keys.sorted().map { OneLine.quotedName($0) }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    private static func targets(_ data: any DataSource) throws -> DataTensor {
        if let targets = data.tensors["targets"] { return targets }
        throw ProblemError(
            .data,
            "\(data.origin): expected a tensor 'targets', found \(names(data))"
                + NearestName.suggestion(for: "targets", in: data.tensors.keys.sorted()))
    }

    private static func checkTargets(_ loss: Loss, _ data: any DataSource, shape: [Int]) throws -> Bool {
        let targets = try targets(data)
        let origin = data.origin
        func refuse(_ expected: [Int], _ what: String) -> ProblemError {
            ProblemError(
                .data, "\(origin): 'targets' has shape \(targets.shape), expected \(what) of shape \(expected)")
        }
        switch loss.function {
        case .crossEntropy(_, _, _, let classAxis) where !targets.isInteger:
            var expected = shape
            if let classAxis { expected.insert(expected.removeLast(), at: classAxis) }
            guard targets.shape == expected else {
                if targets.shape == Array(shape.dropLast()) {
                    throw ProblemError(
                        .data,
                        "\(origin): 'targets' holds fractions, but class indices of shape \(targets.shape) are integers; save them as I64"
                    )
                }
                throw refuse(expected, "class probabilities")
            }
            return false
        case .crossEntropy:
            guard targets.shape == Array(shape.dropLast()) else {
                throw refuse(Array(shape.dropLast()), "class indices")
            }
            return true
        case .meanSquaredError, .binaryCrossEntropy:
            // A single output may lack its axis.
            guard targets.shape == shape || (shape.last == 1 && targets.shape == Array(shape.dropLast())) else {
                let areIndices = targets.isInteger && targets.shape == Array(shape.dropLast())
                var error = refuse(shape, "values")
                if areIndices { error.message += "; class indices go with cross-entropy" }
                throw error
            }
            return false
        case .custom: preconditionFailure("checked by tracing")
        }
    }

    private func checkOptions(_ loss: Loss, _ vectors: any DataSource) throws {
        for name in loss.tensorNames {
            guard let tensor = vectors.tensors[name] else {
                throw ProblemError(
                    .loss,
                    "--loss: no tensor \(OneLine.quotedName(name)) in \(vectors.origin)"
                        + NearestName.suggestion(for: name, in: vectors.tensors.keys.sorted()))
            }
            let fits: Bool
            let expected: String
            if case .crossEntropy = loss.function {
                (fits, expected) = (tensor.shape == [outputs], "a weight for each class, shape [\(outputs)]")
            } else {
                (fits, expected) = (
                    LossTensor.broadcasts(tensor.shape, to: predictionShape),
                    "a shape that broadcasts to \(predictionShape)"
                )
            }
            guard fits else {
                throw ProblemError(
                    .loss, "--loss: \(OneLine.quotedName(name)) has shape \(tensor.shape), expected \(expected)")
            }
        }
    }
}
