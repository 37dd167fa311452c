import Curvature
import TensorIR
import Testing

@testable import ONNXImport

/// Models whose batch an exporter fixed run at any batch size, where each example has the same constants.
@Suite struct FixedBatchTests {
    @Test func aBatchInReshapes() throws {
        var model = ONNXTestModel(input: [6], batch: 4)
        model.integers("to", [4, 2, 3])
        model.integers("back", [4, -1])
        model.add("Reshape", ["x", "to"], ["a"])
        model.add("Transpose", ["a"], ["t"], ["perm": .ints([0, 2, 1])])
        model.add("Reshape", ["t", "back"], ["y"])
        #expect(try model.model().graph.shape(model.model().prediction).description == "(B, 6)")
        #expect(try model.predictions(["x": [0, 1, 2, 3, 4, 5]], examples: 1) == [0, 3, 1, 4, 2, 5])
    }

    @Test func aTokenThatIsRepeatedForEachExample() throws {
        var model = ONNXTestModel(input: [2, 3], batch: 4)
        model.weight("token", [1, 1, 3], [7, 8, 9])
        model.integers("shape", [4, 1, 3])
        model.add("Expand", ["token", "shape"], ["tokens"])
        model.add("Concat", ["tokens", "x"], ["y"], ["axis": .int(1)])
        let read = try model.model()
        #expect(read.graph.shape(read.prediction).description == "(B, 3, 3)")
        #expect(read.parameters[0].isTrainable)
        #expect(try model.predictions(["x": [1, 2, 3, 4, 5, 6]], examples: 1) == [7, 8, 9, 1, 2, 3, 4, 5, 6])
    }

    @Test func equalConstantsForEachExample() throws {
        var model = ONNXTestModel(input: [2], batch: 3)
        var constant = ONNXTestModel.tensor("", [3, 2], [10, 20, 10, 20, 10, 20] as [Double])
        model.add("Constant", [], ["c"], ["value": .tensor(constant)])
        model.add("Add", ["x", "c"], ["y"])
        #expect(try model.predictions(["x": [1, 2, 3, 4]], examples: 2) == [11, 22, 13, 24])

        constant.doubleData[5] = 21
        model.proto.graph.node[0].attribute[0].t = constant
        #expect(
            model.error(examples: 2)
                == "m.onnx: node 'y' (Add): (B, 2) and (3, 2) do not fit: one of them holds different values for "
                + "each position "
                + "where another has the examples; as one batch of all 2 examples it does not run either: the "
                + "batch was fixed at 3 "
                + "when the model was exported; export it with a dynamic batch")
        // With as many examples as at export it is a model like any other.
        #expect(try model.model(examples: 3).onlyBatch == 3)
        #expect(try model.predictions(["x": [1, 2, 3, 4, 5, 6]], examples: 3) == [11, 22, 13, 24, 15, 27])
    }

    @Test func repeatedParametersAreNoParameters() throws {
        var model = ONNXTestModel(input: [2], batch: 3)
        model.weight("table", [3, 2], [10, 20, 10, 20, 10, 20])
        model.add("Add", ["x", "table"], ["y"])
        let read = try model.model()
        #expect(!read.parameters[0].isTrainable)
        #expect(read.parameters[0].reason == "it holds one row for each example of the batch at export")
        #expect(try model.predictions(["x": [1, 2]], examples: 1) == [11, 22])
    }

    @Test func positionsThatAreRepeatedForEachExample() throws {
        var model = ONNXTestModel(input: [2, 3], batch: 4)
        model.weight("table", [5, 3])
        model.integers("positions", [1, 2])
        model.integers("shape", [4, 2])
        model.add("Expand", ["positions", "shape"], ["ids"])
        model.add("Gather", ["table", "ids"], ["rows"])
        model.add("Add", ["x", "rows"], ["y"])
        let read = try model.model()
        #expect(read.onlyBatch == nil && read.parameters[0].isTrainable)
        #expect(read.graph.shape(read.prediction).description == "(B, 2, 3)")
    }

    @Test func slicesOfTheWholeBatch() throws {
        var model = ONNXTestModel(input: [4], batch: 3)
        for (name, value) in [("zero", 0), ("three", 3), ("two", 2)] { model.integers(name, [value]) }
        model.add("Slice", ["x", "zero", "three", "zero"], ["y"])
        #expect(try model.model().onlyBatch == nil)
        model.add("Slice", ["x", "zero", "two", "zero"], ["y2"])
        #expect(model.error(examples: 5).hasPrefix("m.onnx: node 'y2' (Slice): it picks examples out of (B, 4)"))
    }
}
