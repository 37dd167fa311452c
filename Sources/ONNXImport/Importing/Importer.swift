import Curvature
import TensorIR

/// Reads one ONNX graph into a tensor graph, for one idea of what the batch is: any number of examples, the symbol B,
/// or a number of them.
///
/// An importer is used once: where examples turn out to meet under B, another one starts again with a number.
final class Importer {
    let file: ONNXFile
    let graph = TensorGraph()
    /// What the first axis of every input is: B, or a number.
    let examples: Dimension
    /// The number of examples that the exporter wrote into the model, where there is one and B shall take its place.
    let fixedBatch: Int?
    /// Sizes of the open dimensions, by the data's shapes.
    let dimensions: OpenDimensions
    let weights: FileWeights

    private(set) var inputs: [ModelInput] = []
    /// Initializers that are statistics of a normalization, and which one's.
    var statistics: [Int: String] = [:]
    /// Parameters of which only one row was used, because they hold the same row for each example of a fixed batch.
    var perExample: Set<Int> = []
    /// What softmax was taken of: where attention scores are.
    var softmaxInputs: [Node] = []
    /// Where the tensor nodes that were made for each ONNX node end, for messages.
    private var places: [(end: Int, place: String)] = []
    /// What was found of nodes that were looked at for equal examples: one that is used often is looked at once.
    var unrepeated: [UnrepeatedKey: Node?] = [:]
    struct UnrepeatedKey: Hashable {
        var node: Node
        var axis: Int
    }
    private var callDepth = 0
    /// Nodes in the bodies of functions that were read so far, those of every call.
    private var inlined = 0
    /// Functions that call each other twice over make a model without end out of a few bytes.
    static let inlinedLimit = 1 << 18

    init(_ file: ONNXFile, examples: Dimension, dimensions: OpenDimensions, weights: FileWeights) {
        (self.file, self.examples, self.dimensions, self.weights) = (file, examples, dimensions, weights)
        fixedBatch = examples.isSymbolic ? dimensions.fixedBatch : nil
    }

    /// The names that are visible to a node, and what they stand for.
    struct Scope {
        var values: [String: Value] = [:]
        /// ONNX's element types of constants, inputs and what is cast: a `Value` knows no widths.
        var types: [String: ONNXTensorProto.DataType] = [:]
        /// The attributes of the function whose body this is.
        var attributes: [String: ONNXAttributeProto] = [:]
        var opsets: [String: Int]
    }

    /// Imports what the prediction needs, and returns it.
    func run() throws -> Node { try prediction(firstOutput()) }

    func firstOutput() throws -> Value? {
        var scope = Scope(opsets: file.opsets)
        let needed = file.neededNodes
        let names = needed.reduce(into: Set([file.predictionName])) { $0.formUnion($1.readNames) }
        for (index, weight) in weights.parameters.enumerated() {
            let type = TensorType(Shape(weight.sizes))
            scope.values[weight.name] = .node(try graph.input(.parameter(index), type))
        }
        for (name, copy) in weights.copies where names.contains(name) {
            let type = TensorType(Shape(weights.parameters[copy.original].sizes))
            scope.values[name] = .node(try copy.view.apply(to: graph.input(.parameter(copy.original), type), in: graph))
        }
        for tensor in file.graph.initializer where scope.values[tensor.name] == nil && names.contains(tensor.name) {
            do { scope.values[tensor.name] = .host(try tensor.hostTensor()) } catch let error as GraphError {
                throw ONNXImportError(.invalid, "\(file.name): initializer '\(tensor.name)': \(error.message)")
            }
        }
        for tensor in file.graph.initializer { scope.types[tensor.name] = tensor.type }
        for input in file.dataInputs where names.contains(input.name) {
            scope.types[input.name] = ONNXTensorProto.DataType(rawValue: Int(input.type.tensorType.elemType))
            let type = try dimensions.type(of: input, examples: examples)
            let node = try graph.input(.data(input.name), type)
            inputs.append(ModelInput(name: input.name, node: node, type: type))
            scope.values[input.name] = .node(node)
        }
        try run(needed, &scope)
        return scope.values[file.predictionName]
    }

    func run(_ nodes: [ONNXNodeProto], _ scope: inout Scope) throws {
        for node in nodes {
            let before = graph.count
            let outputs: [Value?]
            do {
                outputs = try evaluate(node, &scope)
            } catch let error as GraphError {
                let code: ONNXImportError.Code = error.code == .examplesMeet ? .examplesMeet : .invalid
                throw ONNXImportError(code, "\(file.name): \(node.place): \(error.message)")
            }
            for (name, value) in zip(node.output, outputs) where !name.isEmpty {
                guard let value else { continue }
                scope.values[name] = value
                scope.types[name] = node.statedType(scope.types)
                if case .node(let result) = value { graph.setOrigin(node.name.isEmpty ? name : node.name, of: result) }
            }
            if graph.count > before { places.append((graph.count, node.place)) }
        }
    }

    private func evaluate(_ node: ONNXNodeProto, _ scope: inout Scope) throws -> [Value?] {
        var attributes: [String: ONNXAttributeProto] = [:]
        for attribute in node.attribute {
            attributes[attribute.name] =
                attribute.refAttrName.isEmpty ? attribute : scope.attributes[attribute.refAttrName]
        }
        let inputs = try node.input.map { try value(named: $0, scope, node) }
        if let function = file.function(for: node) {
            return try call(function, inputs, node.input.map { scope.types[$0] }, attributes)
        }
        if node.opType == "If", ONNXFile.domain(node.domain).isEmpty {
            return try branch(inputs, attributes, scope)
        }
        guard let rule = OperatorRegistry.rule(for: node) else { throw file.unsupportedError([node.qualifiedType: 1]) }
        let call = OperatorCall(
            importer: self, node: node, inputs: inputs, inputTypes: node.input.map { scope.types[$0] },
            attributes: attributes, opset: scope.opsets[""] ?? 0)
        let outputs = try rule(call)
        for output in outputs {
            switch output {
            case .node(let node): try check(size: graph.shape(node))
            case .host(let tensor): try check(size: Shape(tensor.sizes))
            case .sequence: break
            }
        }
        return outputs
    }

    private func value(named name: String, _ scope: Scope, _ node: ONNXNodeProto) throws -> Value? {
        if name.isEmpty { return nil }
        guard let value = scope.values[name] else {
            throw GraphError(
                .invalid, "its input '\(name)' has no value: it is an output that this importer does not compute")
        }
        return value
    }

    /// Shapes whose counts could overflow are stopped before anything computes with them.
    func check(size shape: Shape) throws {
        var count = 1
        for dimension in shape.dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(1, dimension.factor))
            count = product
            if overflow || count > 1 << 31 { throw GraphError(.invalid, "a result of shape \(shape) is too large") }
        }
    }

    /// The ONNX node that a tensor node was made for.
    func place(of node: Node) -> String {
        let index = places.partitioningIndex { $0.end > Int(node.index) }
        return index < places.count ? places[index].place : "an input"
    }

    // MARK: functions and branches

    private func call(
        _ function: ONNXFunctionProto, _ inputs: [Value?], _ types: [ONNXTensorProto.DataType?],
        _ attributes: [String: ONNXAttributeProto]
    ) throws -> [Value?] {
        callDepth += 1
        defer { callDepth -= 1 }
        guard callDepth <= 32 else { throw GraphError(.invalid, "functions call each other without end") }
        var opsets = file.opsets
        for entry in function.opsetImport { opsets[ONNXFile.domain(entry.domain)] = Int(entry.version) }
        var scope = Scope(opsets: opsets)
        for (name, value) in zip(function.input, inputs) { scope.values[name] = value }
        for (name, type) in zip(function.input, types) { scope.types[name] = type }
        for attribute in function.attributeProto { scope.attributes[attribute.name] = attribute }
        scope.attributes.merge(attributes) { $1 }
        let body = ONNXFile.needed(function.node, for: function.output)
        inlined += body.count
        guard inlined <= Importer.inlinedLimit else {
            throw GraphError(
                .invalid, "the functions' bodies have more than \(Importer.inlinedLimit) nodes, written out")
        }
        try run(body, &scope)
        return function.output.map { scope.values[$0] }
    }

    private func branch(
        _ inputs: [Value?], _ attributes: [String: ONNXAttributeProto], _ outer: Scope
    ) throws -> [Value?] {
        guard case .host(let condition)?? = inputs.first, condition.count == 1 else {
            throw GraphError(
                .invalid, "the condition of an If has to be known when the model is loaded; it depends on the data")
        }
        guard let body = attributes[condition.booleans()[0] ? "then_branch" : "else_branch"]?.g else {
            throw GraphError(.invalid, "a branch is missing")
        }
        var scope = outer
        for tensor in body.initializer {
            scope.values[tensor.name] = .host(try tensor.hostTensor())
            scope.types[tensor.name] = tensor.type
        }
        try run(ONNXFile.needed(body.node, for: body.output.map(\.name)), &scope)
        return body.output.map { scope.values[$0.name] }
    }

    // MARK: the result

    private func prediction(_ output: Value?) throws -> Node {
        let name = file.predictionName
        func invalid(_ what: String) -> ONNXImportError {
            ONNXImportError(.invalid, "\(file.name): the output '\(name)' \(what)")
        }
        guard case .node(let prediction)? = output else {
            throw invalid("does not depend on the inputs; expected predictions, one for each example")
        }
        let type = graph.type(prediction)
        guard type.element == .real else { throw invalid("holds \(type.element) values; expected real predictions") }
        guard type.shape.rank > 0, type.shape[0] == examples else {
            let shape = type.shape
            throw ONNXImportError(
                examples.isSymbolic ? .examplesMeet : .invalid,
                "\(file.name): the output '\(name)' has the shape \(shape); "
                    + "its first axis has to be the examples, \(examples)"
            )
        }
        return prediction
    }
}

extension ONNXNodeProto {
    /// The element type of the first output, where the node says it.
    fileprivate func statedType(_ types: [String: ONNXTensorProto.DataType]) -> ONNXTensorProto.DataType? {
        switch opType {
        case "Cast": attribute.first { $0.name == "to" }.flatMap { ONNXTensorProto.DataType(rawValue: Int($0.i)) }
        case "CastLike": input.count > 1 ? types[input[1]] : nil
        case "Constant": attribute.first { $0.name == "value" }?.t.type
        case "Identity": input.first.flatMap { types[$0] }
        default: nil
        }
    }
}

extension Array {
    /// The first index whose element satisfies a predicate that holds from some index on.
    fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if predicate(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
