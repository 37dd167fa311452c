/// Which nodes matter, and which operators they use.
extension ONNXFile {
    /// The nodes that `outputs` need, in order. Nodes that nothing needs are not looked at.
    static func needed(_ nodes: [ONNXNodeProto], for outputs: [String]) -> [ONNXNodeProto] {
        var names = Set(outputs)
        var kept: [ONNXNodeProto] = []
        for node in nodes.reversed() where node.output.contains(where: names.contains) {
            names.formUnion(node.readNames)
            kept.append(node)
        }
        return kept.reversed()
    }

    /// The nodes that the prediction needs.
    var neededNodes: [ONNXNodeProto] { ONNXFile.needed(graph.node, for: [predictionName]) }

    /// How often each operator occurs, functions and branches included. Operators of other domains carry the domain's
    /// name.
    func operatorCounts() -> [String: Int] { count(graph.node, keep: { _ in true }) }

    /// The operators that stand between the input and the prediction and that the registry lacks. Branches of an `If`
    /// may never be taken, so they are judged only once one is.
    func unsupportedOperators() -> [String: Int] {
        count(neededNodes, keep: { !OperatorRegistry.contains($0) }, branches: false)
    }

    private func count(
        _ nodes: [ONNXNodeProto], keep: (ONNXNodeProto) -> Bool, branches: Bool = true
    ) -> [String: Int] {
        var counts: [String: Int] = [:]
        var visited: Set<FunctionKey> = []
        func visit(_ nodes: [ONNXNodeProto]) {
            for node in nodes {
                if let function = function(for: node) {
                    let key = FunctionKey(domain: node.domain, name: node.opType, overload: node.overload)
                    if visited.insert(key).inserted { visit(function.node) }
                    continue
                }
                if keep(node) { counts[node.qualifiedType, default: 0] += 1 }
                guard branches else { continue }
                for attribute in node.attribute {
                    for graph in attribute.graphs + (attribute.hasG ? [attribute.g] : []) { visit(graph.node) }
                }
            }
        }
        visit(nodes)
        return counts
    }

    func unsupportedError(_ counts: [String: Int]) -> ONNXImportError {
        let list = counts.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value) node\($0.value == 1 ? "" : "s"))" }
        let (noun, verb) = counts.count == 1 ? ("operator", "is") : ("operators", "are")
        return ONNXImportError(
            .unsupported,
            "\(name): \(counts.count) \(noun) \(verb) not supported: \(list.joined(separator: ", ")); "
                + "export the model without \(counts.count == 1 ? "it" : "them")"
        )
    }
}

extension ONNXNodeProto {
    /// The operator with its domain, where that is not ONNX's own.
    var qualifiedType: String {
        let domain = ONNXFile.domain(domain)
        return domain.isEmpty ? opType : "\(domain).\(opType)"
    }
}
