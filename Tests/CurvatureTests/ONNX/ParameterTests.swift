import Curvature
import Foundation
import TensorIR
import Testing

@testable import ONNXImport

/// Which tensors are parameters, and why not.
@Suite struct ParameterTests {
    static func reasons(_ model: ONNXTestModel) throws -> [String: String] {
        let read = try model.model()
        return Dictionary(
            uniqueKeysWithValues: read.parameters.map { ($0.name, $0.isTrainable ? "trainable" : $0.reason) })
    }

    @Test func reachability() throws {
        var model = ONNXTestModel(input: [3])
        model.weight("unused", [2])
        model.weight("w", [3, 2])
        model.weight("gate", [2])
        model.weight("broken", [2], [1, .nan])
        model.weight("scale", [])
        model.integers("count", [3])
        model.add("MatMul", ["x", "w"], ["a"])
        model.add("Sign", ["gate"], ["s"])
        model.add("Mul", ["a", "s"], ["b"])
        model.add("Add", ["b", "broken"], ["c"])
        model.add("Mul", ["c", "scale"], ["y"])
        #expect(
            try Self.reasons(model) == [
                "unused": "the prediction does not depend on it", "w": "trainable",
                "gate": "the prediction depends on it, but its derivative is zero everywhere",
                "broken": "it holds NaN or infinity",
                "scale": "a scalar",
            ])
        #expect(try model.model().parameters.map(\.name) == ["unused", "w", "gate", "broken", "scale"])
    }

    /// A table that is looked up and multiplied by, of which the exporter has written a transposed copy.
    @Test func aTransposedCopyIsTheParameterItself() throws {
        let table: [Double] = [1, 2, 3, 4, 5, 6]
        var model = ONNXTestModel(input: [2])
        model.weight("head", [3, 2], table)
        model.weight("val_7", [2, 3], [1, 3, 5, 2, 4, 6])
        model.weight("val_8", [2, 3], [1, 3, 5, 2, 4, 7])
        model.weight("chosen", [2, 3], [1, 3, 5, 2, 4, 6])
        model.add("MatMul", ["x", "val_7"], ["a"])
        model.add("MatMul", ["x", "val_8"], ["b"])
        model.add("MatMul", ["x", "chosen"], ["c"])
        model.add("Concat", ["a", "b", "c"], ["y"], ["axis": .int(1)])
        let read = try model.model()
        #expect(read.parameters.map(\.name) == ["head", "val_8", "chosen"])
        #expect(read.notes == ["val_7 is head transposed, a copy of a tied parameter: they count as one"])
        #expect(try Self.reasons(model)["head"] == "trainable")
        #expect(try model.predictions(["x": [1, 10]], examples: 1) == [21, 43, 65, 21, 43, 75, 21, 43, 65])
    }

    @Test func statistics() throws {
        var model = ONNXTestModel(input: [2])
        for name in ["weight", "bias", "mean", "var"] { model.weight(name, [2]) }
        model.add("BatchNormalization", ["x", "weight", "bias", "mean", "var"], ["y"])
        let reason = "statistic of node 'y' (BatchNormalization)"
        #expect(try Self.reasons(model) == ["weight": "trainable", "bias": "trainable", "mean": reason, "var": reason])
    }

    @Test func attentionMasksAndPositionTables() throws {
        var model = ONNXTestModel(input: [3, 2])
        model.weight("q", [2, 2])
        model.weight("mask", [3, 3])
        model.weight("frequencies", [2])
        model.weight("positions", [3, 1], [0, 1, 2])
        model.add("MatMul", ["x", "q"], ["query"])
        model.add("Transpose", ["x"], ["key"], ["perm": .ints([0, 2, 1])])
        model.add("MatMul", ["query", "key"], ["scores"])
        model.add("Add", ["scores", "mask"], ["masked"])
        model.add("Softmax", ["masked"], ["weights"])
        model.add("MatMul", ["weights", "x"], ["mixed"])
        model.add("Mul", ["positions", "frequencies"], ["angles"])
        model.add("Cos", ["angles"], ["waves"])
        model.add("Add", ["mixed", "waves"], ["y"])
        let wave = "reached through sin or cos of positions only: a position table?"
        #expect(
            try Self.reasons(model) == [
                "q": "trainable", "mask": "added to attention scores before a softmax: a mask or a position table?",
                "frequencies": wave, "positions": wave,
            ])
        #expect(
            try model.model().notes == [
                "left out of the parameters as masks, position tables or constants: mask (added to attention "
                    + "scores), frequencies "
                    + "(only reached through sin or cos), positions (only reached through sin or cos); "
                    + "--parameters takes them in"
            ])
    }

    @Test func sinesOfActivationsAndBiasesOfGatesAreTrained() throws {
        var model = ONNXTestModel(input: [3])
        model.weight("w", [3, 4])
        model.weight("bias", [4])
        model.add("MatMul", ["x", "w"], ["a"])
        model.add("Sin", ["a"], ["s"])
        model.add("Add", ["s", "bias"], ["b"])
        model.add("Softmax", ["b"], ["y"])
        #expect(try Self.reasons(model) == ["w": "trainable", "bias": "trainable"])
    }

    @Test func precomputedTablesAndConstants() throws {
        var model = ONNXTestModel(input: [2, 2])
        let angles = [0.1, 0.7, 1.3, 2.2]
        model.weight("slice_1", [2, 2], angles.map(cos))
        model.weight("slice_2", [2, 2], angles.map(sin))
        model.weight("val_7", [1], [0.5])
        model.weight("val_8", [2, 2])
        model.weight("one.bias", [1], [0.5])
        for (index, name) in ["slice_1", "slice_2", "val_7", "val_8", "one.bias"].enumerated() {
            model.add("Mul", [index == 0 ? "x" : "y\(index)", name], ["y\(index + 1)"])
        }
        let reasons = try Self.reasons(model)
        #expect(reasons["slice_1"] == "cosines or sines of positions: a position table?")
        #expect(reasons["slice_2"] == reasons["slice_1"])
        #expect(reasons["val_7"] == "one value everywhere, under a generated name: a constant?")
        #expect(reasons["val_8"] == "trainable" && reasons["one.bias"] == "trainable")
    }

    @Test func valuesKeepTheirPrecision() throws {
        var model = ONNXTestModel(input: [2])
        for (index, type) in [(0, 1), (1, 11), (2, 10), (3, 16)] {
            var tensor = ONNXTensorProto()
            (tensor.name, tensor.dims, tensor.dataType) = ("w\(index)", [2], Int32(type))
            switch type {
            case 1: tensor.floatData = [0.1, -2]
            case 11: tensor.doubleData = [0.1, -2]
            // 1.5 and the smallest subnormal; -2 and infinity.
            case 10: tensor.rawData = Data([0x00, 0x3e, 0x01, 0x00])
            default: tensor.int32Data = [0xc000, 0x7f80]
            }
            model.proto.graph.initializer.append(tensor)
            model.add("Mul", [index == 0 ? "x" : "y\(index)", "w\(index)"], ["y\(index + 1)"])
        }
        let values = try model.model().parameters.map { "\($0.values)" }
        #expect(
            values == [
                "float32([0.1, -2.0])", "float64([0.1, -2.0])", "float32([1.5, 5.9604645e-08])", "float32([-2.0, inf])",
            ])
    }
}
