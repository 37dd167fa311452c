import Kernels
import TensorIR

/// One node of a model while it is read: its inputs as values, its attributes, and where its result goes.
///
/// Operators are extensions of this type: functions that return the node's outputs. They throw
/// `GraphError`; the importer adds where it happened.
struct OperatorCall {
    let importer: Importer
    let node: ONNXNodeProto
    let inputs: [Value?]
    /// The ONNX element types of the inputs, where the file says them.
    let inputTypes: [ONNXTensorProto.DataType?]
    let attributes: [String: ONNXAttributeProto]
    /// The version of ONNX's operators that the model (or the function) asks for.
    let opset: Int

    var graph: TensorGraph { importer.graph }

    func invalid(_ message: String) -> GraphError { GraphError(.invalid, message) }
    func unsupported(_ what: String) -> ONNXImportError {
        ONNXImportError(.unsupported, "\(importer.file.name): \(node.place): \(what)")
    }

    // MARK: inputs

    func optional(_ index: Int) -> Value? { index < inputs.count ? inputs[index] : nil }
    func value(_ index: Int) throws -> Value {
        guard let value = optional(index) else { throw invalid("its input \(index) is missing") }
        return value
    }
    func values() throws -> [Value] {
        guard !inputs.isEmpty else { throw invalid("it has no inputs") }
        return try inputs.indices.map { try value($0) }
    }
    func nodeInput(_ index: Int) throws -> Node { try asNode(value(index)) }
    func real(_ index: Int) throws -> Node { try asReal(value(index)) }

    /// An input that has to be known now.
    func host(_ index: Int) throws -> HostTensor {
        guard let known = try hostIfKnown(value(index)) else {
            let name = index < node.input.count ? node.input[index] : ""
            throw invalid("its input '\(name)' has to be known when the model is loaded; it depends on the data")
        }
        return known
    }
    func hostIfKnown(_ value: Value) throws -> HostTensor? {
        switch value {
        case .host(let tensor): return tensor
        case .node(let node):
            // A parameter's values, where they are read as a constant.
            if let index = parameterIndex(node) { return importer.weights.parameters[index].hostTensor() }
            return nil
        case .sequence: return nil
        }
    }
    func parameterIndex(_ node: Node) -> Int? {
        if let leaf = graph.primitive(node) as? InputLeaf, case .parameter(let index) = leaf.role { index } else { nil }
    }
    func extents(_ index: Int) throws -> [Extent] { try host(index).integers() }
    /// Integers that do not depend on the number of examples.
    func numbers(_ index: Int) throws -> [Int] { try extents(index).map { try $0.known() } }
    func number(_ index: Int) throws -> Int {
        let numbers = try numbers(index)
        guard numbers.count == 1 else {
            throw invalid("its input \(index) has \(numbers.count) elements; expected one")
        }
        return numbers[0]
    }

    // MARK: values

    func asNode(_ value: Value) throws -> Node {
        switch value {
        case .node(let node): return node
        case .host(let tensor): return try graph.constant(tensor.constant())
        case .sequence: throw invalid("a sequence is no tensor")
        }
    }
    func asReal(_ value: Value) throws -> Node {
        let node = try asNode(value)
        guard graph.type(node).element == .real else {
            throw invalid("expected real numbers, found \(graph.type(node))")
        }
        return node
    }
    func shape(_ value: Value) throws -> Shape {
        switch value {
        case .node(let node): return graph.shape(node)
        case .host(let tensor): return Shape(tensor.sizes)
        case .sequence: throw invalid("a sequence has no shape")
        }
    }
    func element(_ value: Value) throws -> ElementType {
        switch value {
        case .node(let node): return graph.type(node).element
        case .host(let tensor): return tensor.element
        case .sequence: throw invalid("a sequence has no element type")
        }
    }

    // MARK: axes

    /// An axis counted from either end.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        guard (-rank..<rank).contains(axis) else {
            throw invalid("axis \(axis) is none of the \(rank) axes of its input")
        }
        return axis < 0 ? axis + rank : axis
    }
    func axes(_ axes: [Int], rank: Int) throws -> [Int] {
        let all = try axes.map { try axis($0, rank: rank) }
        guard Set(all).count == all.count else { throw invalid("the axes \(axes) name one axis twice") }
        return all
    }
    /// The size of an axis that must not be the examples.
    func size(_ shape: Shape, _ axis: Int) throws -> Int {
        guard let size = shape[axis].number else {
            throw GraphError(.examplesMeet, "it works along the examples of \(shape)")
        }
        return size
    }
}
