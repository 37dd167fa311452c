import Curvature
import Foundation
import Kernels
import TensorIR
import Testing

@testable import ONNXImport

/// A small ONNX model written down in a test.
struct ONNXTestModel {
    var proto = ONNXModelProto()

    /// - Parameter batch: The size of the inputs' first axis; nil leaves it open.
    init(opset: Int = 20, input: [Int]? = nil, batch: Int? = nil, type: Int32 = 11) {
        var version = ONNXOperatorSetIdProto()
        version.version = Int64(opset)
        proto.opsetImport = [version]
        proto.graph.name = "test"
        if let input { addInput("x", input, batch: batch, type: type) }
    }

    mutating func addInput(_ name: String, _ sizes: [Int], batch: Int? = nil, type: Int32 = 11) {
        var value = ONNXValueInfoProto()
        value.name = name
        value.type.tensorType.elemType = type
        var first = ONNXTensorShapeProto.Dimension()
        if let batch { first.dimValue = Int64(batch) } else { first.dimParam = "batch" }
        value.type.tensorType.shape.dim = [first]
        for size in sizes {
            var dimension = ONNXTensorShapeProto.Dimension()
            // A negative size stands for an open one.
            if size < 0 { dimension.dimParam = "length" } else { dimension.dimValue = Int64(size) }
            value.type.tensorType.shape.dim.append(dimension)
        }
        proto.graph.input.append(value)
    }

    static func tensor(_ name: String, _ sizes: [Int], _ values: [Double]) -> ONNXTensorProto {
        var tensor = ONNXTensorProto()
        (tensor.name, tensor.dims, tensor.dataType, tensor.doubleData) = (name, sizes.map(Int64.init), 11, values)
        return tensor
    }
    static func tensor(_ name: String, _ sizes: [Int], _ values: [Int]) -> ONNXTensorProto {
        var tensor = ONNXTensorProto()
        (tensor.name, tensor.dims, tensor.dataType, tensor.int64Data) = (
            name, sizes.map(Int64.init), 7, values.map(Int64.init)
        )
        return tensor
    }
    /// An initializer of reals; without values some that all differ.
    mutating func weight(_ name: String, _ sizes: [Int], _ values: [Double]? = nil) {
        let count = sizes.reduce(1, *)
        let varied: [Double] = (0..<count).map { index in
            let phase = (index * 7 + 3) % 11
            return 0.5 + Double(phase) / 10 + Double(index) / 100
        }
        let filled = values ?? varied
        proto.graph.initializer.append(Self.tensor(name, sizes, filled))
    }
    mutating func integers(_ name: String, _ values: [Int], scalar: Bool = false) {
        proto.graph.initializer.append(Self.tensor(name, scalar ? [] : [values.count], values))
    }

    enum Attribute {
        case int(Int)
        case ints([Int])
        case float(Float)
        case string(String)
        case tensor(ONNXTensorProto)
    }
    static func node(_ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [String: Attribute])
        -> ONNXNodeProto
    {
        var node = ONNXNodeProto()
        (node.opType, node.input, node.output) = (type, inputs, outputs)
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            var attribute = ONNXAttributeProto()
            attribute.name = name
            switch value {
            case .int(let int): (attribute.i, attribute.type) = (Int64(int), .int)
            case .ints(let ints): (attribute.ints, attribute.type) = (ints.map(Int64.init), .ints)
            case .float(let float): (attribute.f, attribute.type) = (float, .float)
            case .string(let text): (attribute.s, attribute.type) = (Data(text.utf8), .string)
            case .tensor(let tensor): (attribute.t, attribute.type) = (tensor, .tensor)
            }
            node.attribute.append(attribute)
        }
        return node
    }
    /// Adds a node, whose last output is the model's.
    mutating func add(_ type: String, _ inputs: [String], _ outputs: [String], _ attributes: [String: Attribute] = [:])
    {
        proto.graph.node.append(Self.node(type, inputs, outputs, attributes))
        var output = ONNXValueInfoProto()
        output.name = outputs.last!
        proto.graph.output = [output]
    }

    func file() throws -> ONNXFile { try ONNXFile(proto.serializedBytes(), name: "m.onnx") }
    func model(inputShapes: [String: [Int]] = [:], examples: Int? = nil) throws -> Model {
        try file().model(inputShapes: inputShapes, examples: examples)
    }
    /// The message of the error that reading the model throws.
    func error(inputShapes: [String: [Int]] = [:], examples: Int? = nil) -> String {
        do {
            _ = try model(inputShapes: inputShapes, examples: examples)
            return "no error"
        } catch {
            return "\(error)"
        }
    }
    /// The predictions for these inputs, each with examples first.
    func predictions(_ inputs: [String: [Double]], examples: Int) throws -> [Double] {
        let model = try model(examples: examples)
        return GraphEvaluator(model, inputs: inputs, examples: examples).values(of: model.prediction)
    }
}

/// Computes nodes one after the other with their kernels, in float64: slow, and with nothing that could hide a mistake.
struct GraphEvaluator {
    let graph: TensorGraph
    let parameters: [[Double]]
    let inputs: [String: [Double]]
    let examples: Int

    init(_ model: Model, inputs: [String: [Double]], examples: Int) {
        (graph, self.inputs, self.examples) = (model.graph, inputs, examples)
        parameters = model.parameters.map(\.values.doubles)
    }

    func values(of output: Node) -> [Double] {
        var memories: [Memory] = []
        var operands: [Node: Operand] = [:]
        for node in graph.ancestors(of: [output]) {
            let type = graph.type(node)
            let storage: Storage = type.element == .int64 ? .int64 : type.element == .bool ? .bool : .float64
            let sizes = type.shape.sizes(examples: examples)
            let memory = Memory(byteCount: max(1, sizes.reduce(1, *)) * storage.byteCount)
            memories.append(memory)
            let result = Operand(address: memory.address, storage: storage, sizes: sizes)
            operands[node] = result
            if let known = known(node) {
                precondition(known.count == result.count, "\(known.count) values for \(type)")
                for (index, value) in known.enumerated() {
                    switch storage {
                    case .int64: memory.address.assumingMemoryBound(to: Int64.self)[index] = Int64(value)
                    case .bool: memory.address.assumingMemoryBound(to: UInt8.self)[index] = value == 0 ? 0 : 1
                    default: memory.address.assumingMemoryBound(to: Double.self)[index] = value
                    }
                }
                continue
            }
            let inputs = graph.operands(node).map { operands[$0]! }
            if graph.primitive(node) is Reshape {
                CopyKernel(from: Operand(address: inputs[0].address, storage: storage, sizes: sizes), to: result).run(
                    RunState())
            } else {
                graph.primitive(node).kernel(inputs, result: result, accumulate: false).run(RunState())
            }
        }
        let result = operands[output]!
        return withExtendedLifetime(memories) {
            (0..<result.count).map { index in
                switch result.storage {
                case .int64: Double(result.address.assumingMemoryBound(to: Int64.self)[index])
                case .bool: Double(result.address.assumingMemoryBound(to: UInt8.self)[index])
                default: result.address.assumingMemoryBound(to: Double.self)[index]
                }
            }
        }
    }

    private func known(_ node: Node) -> [Double]? {
        if let leaf = graph.primitive(node) as? InputLeaf {
            switch leaf.role {
            case .parameter(let index): return parameters[index]
            case .data(let name): return inputs[name]!
            default: preconditionFailure("a model has no \(leaf.role)")
            }
        }
        switch graph.constantValue(node)?.values {
        case .real(let values): return values
        case .int64(let values): return values.map { Double($0) }
        case .bool(let values): return values.map { $0 ? 1 : 0 }
        case nil: return nil
        }
    }
}
