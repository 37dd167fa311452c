import Curvature
import Foundation
import TensorIR
import Testing

@testable import ONNXImport

/// Each mistake gives one line that names the file, the place, what was expected and what was found.
@Suite struct ImportErrorTests {
    static func linear() -> ONNXTestModel {
        var model = ONNXTestModel(input: [3])
        model.weight("w", [3, 2])
        model.add("MatMul", ["x", "w"], ["y"])
        return model
    }
    static func message(_ data: Data) -> String {
        do {
            _ = try Model.onnx(data, name: "m.onnx")
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func files() throws {
        #expect(Self.message(Data()) == "m.onnx: the file is empty; expected an ONNX model")
        #expect(
            Self.message(Data("hello".utf8))
                == "m.onnx: expected an ONNX model, found a damaged one or another file; copy or export it again")
        let bytes: Data = try Self.linear().proto.serializedBytes()
        #expect(
            Self.message(bytes.prefix(bytes.count - 9))
                == "m.onnx: expected an ONNX model, found a file that is cut off after \(bytes.count - 9) bytes, or another one; copy or export it again"
        )
        #expect(
            Self.message(try ONNXModelProto.with { $0.irVersion = 8 }.serializedBytes())
                == "m.onnx: it holds no graph; expected an ONNX model")
        #expect(throws: ONNXImportError.self) { try Model.onnx(URL(fileURLWithPath: "/does/not/exist.onnx")) }
    }

    @Test func structure() {
        var model = Self.linear()
        model.proto.graph.initializer[0].dims = [3, 3]
        #expect(model.error() == "m.onnx: initializer 'w': 9 elements expected, found 6")
        model = Self.linear()
        model.proto.graph.initializer[0].rawData = Data([1, 2, 3])
        #expect(
            model.error()
                == "m.onnx: initializer 'w': 6 elements expected, found 3 bytes".replacingOccurrences(
                    of: "6 elements", with: "6 elements of 8 bytes"))
        model = Self.linear()
        model.proto.graph.initializer[0].dataLocation = .external
        #expect(
            model.error()
                == "m.onnx: initializer 'w': its values are in another file, but it does not say in which (external_data: location)"
        )
        model = Self.linear()
        model.proto.graph.initializer[0].dims = [.max, .max]
        #expect(
            model.error().hasPrefix(
                "m.onnx: initializer 'w': its shape [9223372036854775807, 9223372036854775807] is not possible"))
        model = Self.linear()
        model.add("Relu", ["y"], ["y"])
        #expect(model.error() == "m.onnx: node 'y' (Relu): the name 'y' is already taken; names have to be unique")
        model = Self.linear()
        model.proto.graph.node[0].input[0] = "z"
        #expect(model.error() == "m.onnx: node 'y' (MatMul): nothing computes its input 'z'")
        model.add("Relu", ["y"], ["z"])
        #expect(
            model.error()
                == "m.onnx: node 'y' (MatMul): its input 'z' is computed by node 'z' (Relu), which comes later: "
                + "nodes have to be in "
                + "topological order, without cycles")
        model = ONNXTestModel(opset: 5, input: [3])
        model.add("Relu", ["x"], ["y"])
        #expect(model.error() == "m.onnx: operator set 5 is not supported; export the model with 13 or later")
    }

    @Test func operators() {
        var model = Self.linear()
        model.add("NonMaxSuppression", ["y"], ["h"])
        model.add("Unique", ["h"], ["k"])
        model.add("NonMaxSuppression", ["k"], ["l"])
        #expect(
            model.error()
                == "m.onnx: 2 operators are not supported: NonMaxSuppression (2 nodes), Unique (1 node); export the model without them"
        )
        // What nothing needs does not matter.
        model.add("Relu", ["y"], ["z"])
        #expect(model.error() == "no error")
    }

    @Test func nodes() {
        var model = ONNXTestModel(input: [3])
        model.weight("w", [4, 2])
        model.add("MatMul", ["x", "w"], ["y"])
        model.proto.graph.node[0].name = "fc"
        #expect(
            model.error()
                == "m.onnx: node 'fc' (MatMul, output 'y'): (B, 3) and (4, 2) do not multiply: 3 columns, 4 rows")
        model = Self.linear()
        model.add("Softmax", ["y"], ["z"], ["axis": .int(2)])
        #expect(model.error() == "m.onnx: node 'z' (Softmax): axis 2 is none of the 2 axes of its input")
        model = Self.linear()
        model.add("Softmax", ["y"], ["z"], ["axis": .float(2)])
        #expect(model.error() == "m.onnx: node 'z' (Softmax): its attribute 'axis' has the type float; expected int")
        model = Self.linear()
        model.add("Reshape", ["y", "y"], ["z"])
        #expect(
            model.error()
                == "m.onnx: node 'z' (Reshape): its input 'y' has to be known when the model is loaded; it depends "
                + "on the data"
        )
        model = Self.linear()
        model.integers("two", [2])
        model.add("Gather", ["w", "two"], ["g"], ["axis": .int(1)])
        #expect(model.error() == "m.onnx: node 'g' (Gather): the index 2 lies outside the 2 positions of axis 1")
    }

    @Test func inputsAndData() {
        let model = Self.linear()
        #expect(
            model.error(inputShapes: ["x": [5, 4]])
                == "m.onnx: input 'x': axis 1 has the size 3, found 4 in the data ([5, 4])")
        #expect(
            model.error(inputShapes: ["x": [5]])
                == "m.onnx: input 'x': expected 2 axes, the first for the examples, found data of shape [5]")
        #expect(model.error(inputShapes: ["q": [5, 3]]) == "m.onnx: the model has no input 'q'; its inputs are 'x'")
        var open = ONNXTestModel(input: [-1])
        open.add("Relu", ["x"], ["y"])
        #expect(
            open.error() == "m.onnx: input 'x': the size of its axis 1 ('length') is open; the data's shape is needed")
        #expect(open.error(inputShapes: ["x": [2, 7]]) == "no error")
    }

    @Test func predictions() {
        var model = Self.linear()
        model.add("Transpose", ["y"], ["z"])
        #expect(
            model.error()
                == "m.onnx: the output 'z' has the shape (2, B); its first axis has to be the examples, B; such a "
                + "model runs as one "
                + "batch, for which the number of examples is needed")
        model = Self.linear()
        model.add("Greater", ["y", "y"], ["z"])
        #expect(model.error() == "m.onnx: the output 'z' holds bool values; expected real predictions")
        model = Self.linear()
        model.add("Relu", ["w"], ["z"])
        #expect(
            model.error().hasPrefix(
                "m.onnx: the output 'z' has the shape (3, 2); its first axis has to be the examples"))
    }

    @Test func examplesThatMeet() throws {
        var model = Self.linear()
        model.add("Softmax", ["y"], ["z"], ["axis": .int(0)])
        #expect(
            model.error()
                == "m.onnx: node 'z' (Softmax): maximum: reduces over the examples of (B, 2); such a model runs as "
                + "one batch, for "
                + "which the number of examples is needed")
        let read = try model.model(examples: 7)
        #expect(read.onlyBatch == 7)
        #expect(read.onlyBatchReason == "m.onnx: node 'z' (Softmax): maximum: reduces over the examples of (B, 2)")
        #expect(read.graph.shape(read.prediction) == [7, 2])

        // A sum over examples is legal in the graph, but mixes them all the same.
        model = Self.linear()
        model.integers("zero", [0])
        model.add("ReduceSum", ["y", "zero"], ["s"])
        model.add("Add", ["y", "s"], ["z"])
        let summed = try model.model(examples: 4)
        #expect(summed.onlyBatch == 4)
        #expect(
            summed.onlyBatchReason
                == "m.onnx: node 's' (ReduceSum): it sums over the examples, so their predictions depend on each other")
    }
}
