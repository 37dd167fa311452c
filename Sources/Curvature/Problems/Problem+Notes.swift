extension Problem {
    /// What a user should know of how the model, and vectors that these requests name, were read, one line each.
    package func notes(on requests: [Request]) -> [String] {
        model.notes + classNotes + flatVectors(of: requests).flatMap { orderNotes(onVector: $0) }
    }

    /// Class probabilities have the predictions' shape, whichever axis the classes are on.
    private var classNotes: [String] {
        guard case .crossEntropy(_, _, _, nil) = loss.function, !hasIndexTargets, shape.predictionShape.count > 2 else {
            return []
        }
        return [
            "the targets are class probabilities of shape \(shape.predictionShape), with the classes taken to be on the last axis; "
                + "where they are on axis 1, as PyTorch has them, say cross-entropy(class_axis=1)"
        ]
    }

    /// The tensors in parameter space that are one list of numbers, whose order nothing but the user knows.
    private func flatVectors(of requests: [Request]) -> [String] {
        let named = (vectors as? ParameterVectorSource)?.vectors ?? [:]
        var names: Set<String> = []
        var open = requests.map(\.expression)
        while let expression = open.popLast() {
            open += expression.operands
            if case .tensor(let name) = expression.node, named[name] == nil,
                vectors.tensors[name]?.shape.first == shape.parameters
            {
                names.insert(name)
            }
        }
        return names.sorted()
    }

    private func orderNotes(onVector name: String) -> [String] {
        guard let order = model.order, !statesOrder else { return [] }
        func list(_ indices: [Int]) -> String {
            let names = indices.prefix(4).map { model.parameters[$0].name } + (indices.count > 4 ? ["..."] : [])
            return names.joined(separator: ", ")
        }
        let remedy = "a vector in the network's own order is one tensor for each parameter: --vector \(name)=FILE"
        let used = order.use.filter(selection.contains)
        let inFile = selection.filter(used.contains)
        var notes: [String] = []
        if used != inFile {
            let first = zip(used, inFile).prefix { $0 == $1 }.count
            notes.append(
                "\(OneLine.quotedName(name)) goes with the parameters in the file's order, which is not that of their use: from number \(first + 1) on "
                    + "\(list(Array(inFile[first...]))) in the file, \(list(Array(used[first...]))) in the network; \(remedy)"
            )
        }
        func madeNote(_ made: [Int], _ how: String) {
            if made.isEmpty { return }
            notes.append(
                "\(OneLine.quotedName(name)) has entries for \(list(made)), which the exporter made of the network's parameters: "
                    + "they go with the values as the file has them, \(how)")
        }
        let made = inFile.filter(order.made.contains)
        madeNote(
            made.filter { model.parameters[$0].pieces.isEmpty },
            "transposed or in another order; export with torch.onnx.export(..., optimize=False) to have the network's own"
        )
        madeNote(made.filter { !model.parameters[$0].pieces.isEmpty }, "gates in ONNX's order; \(remedy)")
        return notes
    }
}
