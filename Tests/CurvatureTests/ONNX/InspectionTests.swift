import Curvature
import Foundation
import Testing

@testable import ONNXImport

@Suite struct InspectionTests {
    @Test func aModel() throws {
        var model = ONNXTestModel(input: [2])
        (model.proto.producerName, model.proto.producerVersion) = ("pytorch", "2.9")
        model.weight("w", [2, 2])
        model.weight("unused", [5])
        model.add("MatMul", ["x", "w"], ["h"])
        model.add("Relu", ["h"], ["y"])
        let inspection = try ONNXInspection(model.file(), inputShapes: [:], examples: nil)
        #expect(
            inspection.description == """
                m.onnx: operator set 20, written by pytorch 2.9

                inputs
                  x  float64(batch, 2)

                outputs (the first is the prediction)
                  y  of a type that is not stated

                1 parameter, 4 numbers
                  w  (2, 2)  the prediction depends on it differentiably

                left out (--parameters takes them in)
                  unused  (5)  the prediction does not depend on it

                operators
                  MatMul  1
                  Relu    1
                """)
    }

    @Test func whatCannotBeRead() throws {
        var model = ONNXTestModel(input: [2])
        model.weight("w", [2, 2])
        model.add("MatMul", ["x", "w"], ["h"])
        model.add("Unique", ["h"], ["y"])
        let inspection = try ONNXInspection(model.file(), inputShapes: [:], examples: nil)
        #expect(inspection.unsupported.map(\.name) == ["Unique"])
        #expect(inspection.parameters.map(\.isTrainable) == [nil])
        #expect(
            inspection.problem == "m.onnx: 1 operator is not supported: Unique (1 node); export the model without it")
        #expect(inspection.description.hasSuffix("cannot be read: \(inspection.problem!)"))
    }

    @Test func openSizesAndExamplesThatMeet() throws {
        var model = ONNXTestModel(input: [-1])
        model.weight("w", [1])
        model.add("Mul", ["x", "w"], ["h"])
        model.add("Softmax", ["h"], ["y"], ["axis": .int(0)])
        let inspection = try ONNXInspection(model.file(), inputShapes: [:], examples: nil)
        #expect(inspection.problem == nil)
        #expect(inspection.inputs[0].type == "float64(batch, length)")
        #expect(inspection.parameters.map(\.isTrainable) == [true])
        #expect(
            inspection.notes.count == 1 && inspection.notes[0].hasPrefix("runs only with all examples as one batch"))
    }
}
