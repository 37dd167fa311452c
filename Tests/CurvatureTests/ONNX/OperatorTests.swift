import Curvature
import Foundation
import TensorIR
import Testing

@testable import ONNXImport

/// Operators by their values, on one example or two.
@Suite struct OperatorTests {
    typealias Attribute = ONNXTestModel.Attribute

    /// y = operator(x, constants...), for x of a shape without examples.
    static func apply(
        _ type: String, _ shape: [Int], _ x: [Double], _ constants: [ONNXTensorProto] = [],
        _ attributes: [String: Attribute] = [:],
        opset: Int = 20
    ) throws -> [Double] {
        var model = ONNXTestModel(opset: opset, input: shape)
        for (index, constant) in constants.enumerated() {
            model.add("Constant", [], ["c\(index)"], ["value": .tensor(constant)])
        }
        model.add(type, ["x"] + constants.indices.map { "c\($0)" }, ["y"], attributes)
        let size = max(1, shape.reduce(1, *))
        return try model.predictions(["x": x], examples: x.count / size)
    }
    static func isClose(_ a: [Double], _ b: [Double]) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || $0 == $1 || abs($0 - $1) <= 1e-6 * (1 + abs($1)) }
    }
    static func reals(_ sizes: [Int], _ values: [Double]) -> ONNXTensorProto { ONNXTestModel.tensor("", sizes, values) }
    static func list(_ values: [Int]) -> ONNXTensorProto { ONNXTestModel.tensor("", [values.count], values) }
    static func number(_ value: Int) -> ONNXTensorProto { ONNXTestModel.tensor("", [], [value]) }

    static let total = 1 + exp(-3.0) + exp(-5.0)

    @Test(
        arguments: [
            ("LeakyRelu", ["alpha": .float(0.1)], [-0.2, 0, 3]),
            ("Elu", ["alpha": .float(2)], [2 * (exp(-2) - 1), 0, 3]),
            ("Celu", ["alpha": .float(2)], [2 * (exp(-1) - 1), 0, 3]),
            ("Selu", [:], [-1.5201665, 0, 3.1521030]),
            ("ThresholdedRelu", ["alpha": .float(1)], [0, 0, 3]),
            ("Gelu", [:], [-0.0455003, 0, 2.9959502]),
            ("Gelu", ["approximate": .string("tanh")], [-0.0454023, 0, 2.9963627]),
            ("HardSigmoid", [:], [0.1, 0.5, 1]),
            ("HardSwish", [:], [-1.0 / 3, 0, 3]),
            ("Mish", [:], [-0.2525015, 0, 2.9865351]),
            ("Softsign", [:], [-2.0 / 3, 0, 0.75]),
            ("Softplus", [:], [log1p(exp(-2)), log(2), log1p(exp(3))]),
            ("Shrink", ["lambd": .float(1), "bias": .float(0.5)], [-1.5, 0, 2.5]),
            ("Clip", ["min": .float(-1), "max": .float(2)], [-1, 0, 2]),
            ("Sign", [:], [-1, 0, 1]),
            ("Softmax", [:], [exp(-5) / total, exp(-3) / total, 1 / total]),
            ("LogSoftmax", [:], [-5 - log(total), -3 - log(total), -log(total)]),
        ] as [(String, [String: Attribute], [Double])])
    func activations(type: String, attributes: [String: Attribute], wanted: [Double]) throws {
        #expect(Self.isClose(try Self.apply(type, [3], [-2, 0, 3], [], attributes), wanted))
    }

    @Test func softmaxBeforeVersion13TakesAllAxesTogether() throws {
        let y = try Self.apply("Softmax", [2, 2], [0, log(2), log(3), log(4)], [], ["axis": .int(1)], opset: 11)
        #expect(Self.isClose(y, [0.1, 0.2, 0.3, 0.4]))
    }

    @Test func arithmetic() throws {
        let two = Self.reals([], [2])
        #expect(try Self.apply("Pow", [2], [3, -3], [two]) == [9, 9])
        #expect(try Self.apply("Pow", [2], [3, -3], [Self.number(3)]) == [27, -27])
        #expect(try Self.apply("Mod", [2], [5.5, -5.5], [two], ["fmod": .int(1)]) == [1.5, -1.5])
        #expect(try Self.apply("Max", [2], [5, -5], [two, Self.reals([2], [0, 3])]) == [5, 3])
        #expect(try Self.apply("PRelu", [2], [5, -5], [two]) == [5, -10])
        #expect(try Self.apply("Div", [2], [5, -5], [two]) == [2.5, -2.5])
    }

    @Test func products() throws {
        let w = Self.reals([2, 3], [1, 2, 3, 4, 5, 6])
        #expect(try Self.apply("MatMul", [2], [1, 2, 3, 4], [w]) == [9, 12, 15, 19, 26, 33])
        let gemm: [String: Attribute] = ["transB": .int(1), "alpha": .float(2), "beta": .float(0.5)]
        #expect(try Self.apply("Gemm", [3], [1, 0, 1], [w, Self.reals([2], [2, 4])], gemm) == [9, 22])
        #expect(try Self.apply("Einsum", [2], [1, 2], [w], ["equation": .string("bi,ij->bj")]) == [9, 12, 15])
        #expect(try Self.apply("Einsum", [2], [1, 2], [w], ["equation": .string("...i,ij")]) == [9, 12, 15])
        #expect(
            try Self.apply("Einsum", [2, 2], [1, 2, 3, 4], [], ["equation": .string("bij->bji")]) == [1, 3, 2, 4])
        // A diagonal, and the sum of one.
        #expect(try Self.apply("Einsum", [2, 2], [1, 2, 3, 4], [], ["equation": .string("...ii->...i")]) == [1, 4])
        let cube = (1...8).map { Double($0) }
        #expect(try Self.apply("Einsum", [2, 2, 2], cube, [], ["equation": .string("biji->bj")]) == [1 + 6, 3 + 8])
        #expect(try Self.apply("Einsum", [2, 2, 2], cube, [], ["equation": .string("biii->bi")]) == [1, 8])
    }

    @Test func normalizations() throws {
        let (scale, bias) = (Self.reals([2], [2, 3]), Self.reals([2], [1, 0]))
        let epsilon: [String: Attribute] = ["epsilon": .float(0)]
        #expect(Self.isClose(try Self.apply("LayerNormalization", [2], [1, 3], [scale, bias], epsilon), [-1, 3]))
        #expect(
            Self.isClose(
                try Self.apply("RMSNormalization", [2], [1, 7], [scale], epsilon, opset: 23), [2 / 5.0, 21 / 5.0]))
        let statistics = [scale, bias, Self.reals([2], [1, 2]), Self.reals([2], [4, 9])]
        #expect(Self.isClose(try Self.apply("BatchNormalization", [2], [3, 5], statistics, epsilon), [3, 3]))
        #expect(
            Self.isClose(
                try Self.apply("InstanceNormalization", [2, 2], [1, 3, 5, 5.5], [scale, bias], epsilon), [-1, 3, -3, 3])
        )
        #expect(Self.isClose(try Self.apply("LpNormalization", [2], [3, 4, 0, 0]), [0.6, 0.8, 0, 0]))
        // One group: per group up to version 20, per channel since.
        let group: [String: Attribute] = ["epsilon": .float(0), "num_groups": .int(1)]
        let one = [Self.reals([1], [2]), Self.reals([1], [1])]
        #expect(Self.isClose(try Self.apply("GroupNormalization", [2, 1], [1, 3], one, group, opset: 18), [-1, 3]))
        #expect(
            Self.isClose(
                try Self.apply("GroupNormalization", [2, 1], [1, 3], [scale, bias], group, opset: 21), [-1, 3]))
    }

    @Test func pooling() throws {
        let plane = (1...16).map { Double($0) }
        let window: [String: Attribute] = ["kernel_shape": .ints([3, 3]), "strides": .ints([2, 2])]
        #expect(try Self.apply("MaxPool", [1, 4, 4], plane, [], window) == [11])
        #expect(
            try Self.apply("MaxPool", [1, 4, 4], plane, [], window.merging(["ceil_mode": .int(1)]) { $1 }) == [
                11, 12, 15, 16,
            ])
        #expect(
            try Self.apply("AveragePool", [1, 4, 4], plane, [], window.merging(["ceil_mode": .int(1)]) { $1 })
                == [6, 7.5, 12, 13.5])
        let padded: [String: Attribute] = ["kernel_shape": .ints([2]), "pads": .ints([1, 0])]
        #expect(try Self.apply("AveragePool", [1, 2], [2, 4], [], padded) == [2, 3])
        #expect(
            try Self.apply("AveragePool", [1, 2], [2, 4], [], padded.merging(["count_include_pad": .int(1)]) { $1 })
                == [1, 3])
        #expect(try Self.apply("GlobalAveragePool", [1, 4, 4], plane) == [8.5])
        #expect(try Self.apply("GlobalMaxPool", [1, 2, 2], [1, 4, 4, 2]) == [4])
    }

    @Test func reductions() throws {
        let x: [Double] = [1, -2, 3, 4]
        for (type, wanted) in [
            ("ReduceSum", [-1, 7]), ("ReduceMean", [-0.5, 3.5]), ("ReduceMax", [1, 4]), ("ReduceMin", [-2, 3]),
            ("ReduceProd", [-2, 12]), ("ReduceL1", [3, 7]), ("ReduceL2", [sqrt(5), 5]), ("ReduceSumSquare", [5, 25]),
            ("ReduceLogSumExp", [1.0485874, 4.3132617]),
        ] as [(String, [Double])] {
            let y = try Self.apply(type, [2, 2], x, [Self.list([-1])], ["keepdims": .int(0)])
            #expect(Self.isClose(y, wanted), "\(type): \(y)")
            let before = try Self.apply(type, [2, 2], x, [], ["axes": .ints([2])], opset: 11)
            #expect(Self.isClose(before, wanted), "\(type): \(before)")
        }
        #expect(try Self.apply("CumSum", [2, 2], x, [Self.number(2)], ["reverse": .int(1)]) == [-1, -2, 7, 4])
        // The logarithm of nothing.
        #expect(
            try Self.apply("ReduceLogSumExp", [2], [-.infinity, -.infinity], [Self.list([1])]) == [-.infinity])
    }

    @Test func piecesAndShapes() throws {
        let x = (0..<6).map { Double($0) }
        #expect(
            try Self.apply("Slice", [6], x, [Self.list([4]), Self.list([-100]), Self.list([1]), Self.list([-2])]) == [
                4, 2, 0,
            ])
        #expect(try Self.apply("Slice", [6], x, [Self.list([-2]), Self.list([Int.max]), Self.list([-1])]) == [4, 5])
        #expect(try Self.apply("Transpose", [2, 3], x, [], ["perm": .ints([0, 2, 1])]) == [0, 3, 1, 4, 2, 5])
        #expect(try Self.apply("Tile", [2], [1, 2], [Self.list([1, 2])]) == [1, 2, 1, 2])
        #expect(
            try Self.apply("Pad", [2], [1, 2], [Self.list([0, 1, 0, 2]), Self.reals([], [9])]) == [9, 1, 2, 9, 9])
        #expect(
            try Self.apply("Pad", [3], [1, 2, 3], [Self.list([0, 2, 0, 1])], ["mode": .string("reflect")]) == [
                3, 2, 1, 2, 3, 2,
            ])
        #expect(
            try Self.apply("Pad", [2], [1, 2], [Self.list([0, 1, 0, 1])], ["mode": .string("edge")]) == [1, 1, 2, 2])
        #expect(try Self.apply("Pad", [3], [1, 2, 3], [Self.list([0, -1, 0, 1])]) == [2, 3, 0])
        #expect(try Self.apply("Trilu", [2, 2], [1, 2, 3, 4], [], ["upper": .int(0)]) == [1, 0, 3, 4])
        #expect(try Self.apply("DepthToSpace", [4, 1, 1], [1, 2, 3, 4], [], ["blocksize": .int(2)]) == [1, 2, 3, 4])
        #expect(try Self.apply("SpaceToDepth", [1, 2, 2], [1, 2, 3, 4], [], ["blocksize": .int(2)]) == [1, 2, 3, 4])
        #expect(try Self.apply("Gather", [3], [1, 2, 3], [Self.list([2, 0, -1])], ["axis": .int(1)]) == [3, 1, 3])
        #expect(
            try Self.apply(
                "Resize", [1, 2], [1, 2], [Self.reals([0], []), Self.reals([3], [1, 1, 2])], ["mode": .string("linear")]
            )
                == [1, 1.25, 1.75, 2])
        #expect(
            try Self.apply("Resize", [1, 2], [1, 2], [Self.reals([0], []), Self.reals([3], [1, 1, 2])]) == [1, 1, 2, 2])
    }

    /// Attributes are Floats; what they stand for is not.
    @Test func attributesAsTheyWereMeant() {
        #expect(Double(shortest: 1 / 6) == 1 / 6.0)
        #expect(Double(shortest: -1 / 3) == -1 / 3.0)
        #expect(Double(shortest: 1e-5) == 1e-5)
        #expect(Double(shortest: 0.01) == 0.01)
        #expect(Double(shortest: 1.0507) == 1.0507)
        #expect(Double(shortest: 0) == 0)
        #expect(Double(shortest: .infinity) == .infinity)
    }

    @Test func dropoutThatDropsNothing() throws {
        let yes = ONNXTensorProto.with { ($0.dataType, $0.int32Data) = (9, [1]) }
        #expect(try Self.apply("Dropout", [2], [1, 2], [Self.reals([], [0]), yes]) == [1, 2])
        #expect {
            try Self.apply("Dropout", [2], [1, 2], [Self.reals([], [0.1]), yes])
        } throws: {
            "\($0)".contains("dropout in training mode is not supported")
        }
    }

    @Test func sequencesBetweenASplitAndItsParts() throws {
        var model = ONNXTestModel(input: [5])
        model.integers("two", [2], scalar: true)
        model.integers("last", [-1], scalar: true)
        model.integers("zero", [0], scalar: true)
        model.add("SplitToSequence", ["x", "two"], ["s"], ["axis": .int(1)])
        model.add("SequenceAt", ["s", "last"], ["a"])
        model.add("SequenceAt", ["s", "zero"], ["b"])
        model.add("Concat", ["a", "b"], ["y"], ["axis": .int(-1)])
        #expect(try model.predictions(["x": [1, 2, 3, 4, 5]], examples: 1) == [5, 1, 2])
    }

    @Test func attention() throws {
        // Equal scores: the mean of what a position may see.
        var model = ONNXTestModel(opset: 23, input: [1, 2, 1])
        model.weight("zero", [1], [0])
        model.add("Mul", ["x", "zero"], ["q"])
        model.add("Attention", ["q", "x", "x"], ["y"], ["is_causal": .int(1)])
        #expect(try model.predictions(["x": [2, 4]], examples: 1) == [2, 3])
    }

    @Test func shapesOfTheDataAreFolded() throws {
        // reshape(x, (shape(x)[0], -1, 2)), by way of arithmetic on shapes.
        var model = ONNXTestModel(input: [3, 4])
        model.integers("zero", [0])
        model.integers("rest", [-1, 2])
        model.add("Shape", ["x"], ["shape"])
        model.add("Gather", ["shape", "zero"], ["batch"])
        model.add("Concat", ["batch", "rest"], ["target"], ["axis": .int(0)])
        model.add("Reshape", ["x", "target"], ["y"])
        #expect(try model.model().graph.shape(model.model().prediction).description == "(B, 6, 2)")
    }

    @Test func functionsAndBranches() throws {
        var model = ONNXTestModel(input: [2])
        model.weight("w", [2], [3, 4])
        var scaled = ONNXTestModel.node("Mul", ["a", "b"], ["c"], [:])
        scaled.name = "inside"
        var offset = ONNXTestModel.node("LeakyRelu", ["c"], ["d"], [:])
        offset.attribute = [.with { ($0.name, $0.type, $0.refAttrName) = ("alpha", .float, "slope") }]
        model.proto.functions = [
            .with {
                ($0.name, $0.domain, $0.input, $0.output, $0.attribute) = (
                    "Scaled", "local", ["a", "b"], ["d"], ["slope"]
                )
                $0.node = [scaled, offset]
                $0.opsetImport = model.proto.opsetImport
            }
        ]
        model.add("Scaled", ["x", "w"], ["s"], ["slope": .float(0.5)])
        model.proto.graph.node[0].domain = "local"
        model.add("Constant", [], ["yes"], ["value": .tensor(.with { ($0.dataType, $0.int32Data) = (9, [1]) })])
        model.add("If", ["yes"], ["y"])
        let branch = { (type: String) in
            ONNXAttributeProto.with {
                ($0.name, $0.type) = (type == "Neg" ? "then_branch" : "else_branch", .graph)
                $0.g.node = [ONNXTestModel.node(type, ["s"], ["inner"], [:])]
                $0.g.output = [.with { $0.name = "inner" }]
            }
        }
        model.proto.graph.node[2].attribute = [branch("Neg"), branch("NotAnOperator")]
        #expect(try model.predictions(["x": [1, -1]], examples: 1) == [-3, 2])
    }
}
