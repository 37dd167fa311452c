import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// Operators that take tensors apart or fold them, asked for what cannot be, or for very much.
@Suite(.timeLimit(.minutes(2))) struct HostileOperatorTests {
    /// The error of y = x + the sum over what the nodes make of `last`, or "no error".
    static func error(input: [Int] = [4], last: String, _ build: (inout ONNXTestModel) -> Void) -> String {
        var model = ONNXTestModel(input: input)
        build(&model)
        model.add("Cast", [last], ["real"], ["to": .int(11)])
        model.add("ReduceSum", ["real"], ["total"], ["keepdims": .int(0)])
        model.add("Add", ["x", "total"], ["y"])
        return model.error()
    }

    // MARK: splits

    /// An axis that is made of nothing but its size would be taken apart into millions of parts.
    static func split(_ type: String, size: Int, parts: [Int]? = nil, scalar: Bool = false, outputs: Int? = nil)
        -> String
    {
        error(last: "first") { model in
            model.integers("size", [size])
            model.add("ConstantOfShape", ["size"], ["long"])
            if let parts { model.integers("parts", parts, scalar: scalar) }
            let inputs = ["long"] + (parts == nil ? [] : ["parts"])
            if type == "Split" {
                model.add(type, inputs, ["first"], outputs.map { ["num_outputs": .int($0)] } ?? [:])
            } else {
                model.add(type, inputs, ["list"])
                model.integers("zero", [0], scalar: true)
                model.add("SequenceAt", ["list", "zero"], ["first"])
            }
        }
    }

    @Test func splitsIntoTooManyParts() {
        let limit = 1 << 16
        let place = "m.onnx: node 'first' (Split): "
        #expect(
            Self.split("Split", size: 1 << 20, outputs: 1 << 20)
                == place + "1048576 positions cannot be split into 1048576 parts")
        for count in [0, -1, Int.min, .max, limit + 1] {
            #expect(
                Self.split("Split", size: 8, outputs: count) == place
                    + "8 positions cannot be split into \(count) parts"
            )
        }
        #expect(
            Self.split("Split", size: 8, parts: [Int](repeating: 0, count: limit + 1))
                == place + "8 positions cannot be split into \(limit + 1) parts")
        // More parts than positions are empty ones.
        #expect(Self.split("Split", size: 8, outputs: limit) == "no error")
    }

    @Test func splitsOfSizesThatDoNotAddUp() {
        let place = "m.onnx: node 'first' (Split): "
        for sizes in [[4], [9], [-1, 9], [.max, 9], [.max, .max, 10], [.min, .min, 8]] {
            #expect(
                Self.split("Split", size: 8, parts: sizes)
                    == place + "parts of \(sizes) do not make up the 8 positions of axis 0")
        }
        // The message has an end, however long the list is.
        let error = Self.split("Split", size: 8, parts: [Int](repeating: 0, count: 1 << 16))
        #expect(error.hasPrefix(place + "parts of [0, 0, 0, "))
        #expect(error.hasSuffix(", 0, 0] do not make up the 8 positions of axis 0") && error.count < 3000)
    }

    @Test func splitsToSequences() {
        let place = "m.onnx: node 'list' (SplitToSequence): "
        let limit = 1 << 16
        #expect(
            Self.split("SplitToSequence", size: 1 << 20)
                == place + "1048576 parts are too many; expected at most \(limit)")
        #expect(
            Self.split("SplitToSequence", size: 1 << 20, parts: [1], scalar: true)
                == place + "1048576 parts are too many; expected at most \(limit)")
        for chunk in [0, -1, Int.min] {
            #expect(
                Self.split("SplitToSequence", size: 8, parts: [chunk], scalar: true)
                    == place + "parts of \(chunk) positions are not possible")
        }
        #expect(
            Self.split("SplitToSequence", size: 8, parts: [4, .max])
                == place + "parts of [4, 9223372036854775807] do not make up the 8 positions of axis 0")
        #expect(Self.split("SplitToSequence", size: 8, parts: [.max], scalar: true) == "no error")
        #expect(Self.split("SplitToSequence", size: 8, parts: [3], scalar: true) == "no error")
    }

    // MARK: sequences

    @Test func sequencesHoldTensors() {
        let nested = "a sequence holds tensors, found a sequence in it"
        let made = Self.error(last: "first") { model in
            model.add("SequenceConstruct", ["x", "x"], ["inner"])
            model.add("SequenceConstruct", ["inner"], ["list"])
            model.integers("zero", [0], scalar: true)
            model.add("SequenceAt", ["list", "zero"], ["first"])
        }
        #expect(made == "m.onnx: node 'list' (SequenceConstruct): \(nested)")
        let inserted = Self.error(last: "first") { model in
            model.add("SequenceConstruct", ["x"], ["inner"])
            model.add("SequenceInsert", ["inner", "inner"], ["list"])
            model.integers("zero", [0], scalar: true)
            model.add("SequenceAt", ["list", "zero"], ["first"])
        }
        #expect(inserted == "m.onnx: node 'list' (SequenceInsert): \(nested)")
        // Lists that hold themselves: 2^40 tensors from two.
        let doubled = Self.error(last: "first") { model in
            model.add("SequenceConstruct", ["x", "x"], ["s0"])
            for step in 0..<40 { model.add("SequenceConstruct", ["s\(step)", "s\(step)"], ["s\(step + 1)"]) }
            model.integers("zero", [0], scalar: true)
            model.add("SequenceAt", ["s40", "zero"], ["first"])
        }
        #expect(doubled == "m.onnx: node 's1' (SequenceConstruct): \(nested)")
    }

    @Test(arguments: [-3, 2, Int.min, .max]) func positionsOutsideOfASequence(position: Int) {
        for type in ["SequenceAt", "SequenceInsert"] {
            let index = type == "SequenceInsert" && position == 2 ? 3 : position
            let error = Self.error(last: "first") { model in
                model.add("SequenceConstruct", ["x", "x"], ["list"])
                model.integers("at", [index], scalar: true)
                model.add(type, type == "SequenceAt" ? ["list", "at"] : ["list", "x", "at"], ["first"])
            }
            #expect(error == "m.onnx: node 'first' (\(type)): the position \(index) lies outside a sequence of 2")
        }
    }

    /// Whatever takes a tensor refuses a sequence, and the other way round.
    @Test func sequencesAreNoTensors() {
        for type in ["Relu", "Shape", "ReduceSum", "Gather", "Cast", "Softmax", "Transpose", "Flatten", "MatMul"] {
            let error = Self.error(last: "r") { model in
                model.integers("zero", [0], scalar: true)
                model.add("SequenceConstruct", ["x"], ["list"])
                let second = ["Gather": ["zero"], "MatMul": ["x"]][type] ?? []
                model.add(type, ["list"] + second, ["r"], type == "Cast" ? ["to": .int(11)] : [:])
            }
            #expect(error.hasPrefix("m.onnx: node 'r' (\(type)): a sequence "), "\(error)")
        }
        let error = Self.error(last: "r") { $0.add("SequenceLength", ["x"], ["r"]) }
        #expect(error == "m.onnx: node 'r' (SequenceLength): its input 0 is no sequence")
    }

    // MARK: gathers

    /// Of few elements, as many as there are indices: a table of 2^12 rows, picked from 2^12 times.
    @Test func gathersOfMuch() {
        func error(rows: Int, columns: Int, indices: Int) -> String {
            Self.error(last: "picked") { model in
                model.integers("shape", [rows, columns])
                model.integers("count", [indices])
                model.add("ConstantOfShape", ["shape"], ["table"])
                model.add(
                    "ConstantOfShape", ["count"], ["index"], ["value": .tensor(ONNXTestModel.tensor("", [1], [0]))])
                model.add("Gather", ["table", "index"], ["picked"])
            }
        }
        #expect(error(rows: 4, columns: 4, indices: 4) == "no error")
        // More than is folded is left to the graph, and more than a graph can hold is an error.
        #expect(error(rows: 4, columns: 1 << 12, indices: 1 << 12) == "no error")
        #expect(
            error(rows: 4, columns: 1 << 18, indices: 1 << 18)
                == "m.onnx: node 'picked' (Gather): a result of shape (262144, 262144) is too large")
        // Nothing may be picked from nothing, but no row of it.
        #expect(error(rows: 0, columns: 4, indices: 0) == "no error")
        #expect(
            error(rows: 0, columns: 4, indices: 1)
                == "m.onnx: node 'picked' (Gather): the index 0 lies outside the 0 positions of axis 0")
        #expect(error(rows: 1 << 20, columns: 0, indices: 1 << 20) == "no error")
    }

    // MARK: windows, tables and positions

    /// The error of a node whose first input is a constant of this shape.
    static func large(
        _ type: String, _ shape: [Int], more: [String: [Int]] = [:], inputs: [String] = [], outputs: [String] = ["r"],
        _ attributes: [String: ONNXTestModel.Attribute] = [:]
    ) -> String {
        error(last: outputs.last!) { model in
            model.integers("shape", shape)
            model.add("ConstantOfShape", ["shape"], ["large"])
            for (name, sizes) in more.sorted(by: { $0.key < $1.key }) {
                model.integers(name + ".sizes", sizes)
                model.add("ConstantOfShape", [name + ".sizes"], [name])
            }
            model.weight("region", [2], [.nan, 1])
            model.weight("far", [2], [0, 1e300])
            model.weight("one", [1], [1])
            model.integers("size", [3])
            model.add(type, ["large"] + inputs, outputs, attributes)
        }
    }

    /// A window is gone through tap by tap, and padding makes room for any.
    @Test func windowsOfManyTaps() {
        let most = (1 << 31) - 1
        let taps = "is not supported; at most 2^24 taps are"
        for type in ["AveragePool", "MaxPool"] {
            #expect(
                Self.large(type, [1, 1, 4], ["kernel_shape": .ints([most]), "pads": .ints([most, most])])
                    == "m.onnx: node 'r' (\(type)): a window of the shape [2147483647] \(taps)")
            #expect(
                Self.large(type, [1, 1, 4, 4], ["kernel_shape": .ints([1 << 13, 1 << 13])])
                    == "m.onnx: node 'r' (\(type)): a window of the shape [8192, 8192] \(taps)")
            #expect(
                Self.large(type, [1, 1, 4], ["kernel_shape": .ints([2]), "pads": .ints([0, most])])
                    == "m.onnx: node 'r' (\(type)): a padding of [0] and [2147483647] is not supported; at most 2^24 on a side is"
            )
        }
        #expect(
            Self.large("AveragePool", [1, 1, 1 << 20], ["kernel_shape": .ints([1 << 19])]).hasSuffix(
                "averages over [524289] windows of [524288] are too many; at most 2^24 are supported"))
        #expect(
            Self.large(
                "Conv", [1, 1, 4, 1, 1], more: ["w": [1, 1, 1 << 20, 1, 1]], inputs: ["w"],
                ["pads": .ints([1 << 20, 0, 0, 1 << 20, 0, 0])])
                == "m.onnx: node 'r' (Conv): 1048576 taps along the first of three spatial axes are not supported; at most 2^12 are"
        )
    }

    @Test func regionsThatAreNone() {
        for region in ["region", "far"] {
            #expect(
                Self.large(
                    "Resize", [1, 4], inputs: [region, "", "size"],
                    ["axes": .ints([1]), "coordinate_transformation_mode": .string("tf_crop_and_resize")])
                    == "m.onnx: node 'r' (Resize): a bound of its region is not finite, or too large")
        }
        #expect(
            Self.large(
                "Resize", [1, (1 << 31) - 1], inputs: ["", "", "size"],
                ["axes": .ints([1]), "mode": .string("linear"), "antialias": .int(1)])
                == "m.onnx: node 'r' (Resize): a size is 2147483647; expected at most 1048576")
    }

    @Test func positionsWithoutEnd() {
        let most = (1 << 31) - 1
        #expect(
            Self.large("ArgMax", [1, most], ["axis": .int(1)])
                == "m.onnx: node 'r' (ArgMax): it searches an axis of 2147483647; at most 2^24 are supported")
        #expect(
            Self.large("MaxPool", [1, 1 << 28, 1], outputs: ["r", "places"], ["kernel_shape": .ints([1])])
                == "m.onnx: node 'r' (MaxPool): the places of maxima in 268435456 planes are not given; at most 2^20 are"
        )
        #expect(Self.large("ArgMax", [1, 1 << 10], ["axis": .int(1)]) == "no error")
    }

    // MARK: reductions of nothing

    /// What remains of an empty tensor: sums are 0, products 1, and no largest element is there.
    @Test func emptyTensors() throws {
        func reduced(_ sizes: [Int], _ reduction: HostTensor.Reduction, axes: [Int]) throws -> HostTensor? {
            try HostTensor(sizes, [] as [Double]).reduced(reduction, axes: axes)
        }
        #expect(try reduced([0], .sum, axes: [0]) == HostTensor([], [0.0]))
        #expect(try reduced([0, 3], .product, axes: [0]) == HostTensor([3], [1.0, 1, 1]))
        #expect(try reduced([0], .maximum, axes: [0]) == nil)
        #expect(try reduced([3, 0], .minimum, axes: [1]) == nil)
        // Groups without number, none of which has an element.
        #expect(try reduced([0, 3], .maximum, axes: [1]) == HostTensor([0], [] as [Double]))
        #expect(try reduced([0, 1 << 30], .sum, axes: [1]) == HostTensor([0], [] as [Double]))
        // Sums without number are left to the graph.
        #expect(try reduced([0, 1 << 30], .sum, axes: [0]) == nil)
        #expect(try reduced([1 << 30, 0], .product, axes: [1]) == nil)
        let mean = try #require(try reduced([0], .mean, axes: [0]))
        guard case .real(let values) = mean.values else { throw CancellationError() }
        #expect(values.count == 1 && values[0].isNaN)
        let integers = HostTensor([0, 2], [] as [Extent])
        #expect(try integers.reduced(.sum, axes: [0]) == HostTensor([2], [0, 0] as [Extent]))
        #expect(try integers.reduced(.maximum, axes: [0]) == nil)
        #expect(try integers.cumulativeSum(axis: 0, exclusive: true, reverse: true) == integers)
    }

    /// The same in a file, with every reduction and every empty shape.
    @Test func modelsOfEmptyTensors() {
        let types = [
            "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
            "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "CumSum",
        ]
        for type in types {
            for shape in [[0], [0, 3], [3, 0], [0, 1 << 30], [1 << 30, 0], [0, 0], [2, 0, 1 << 20]] {
                for isInteger in [false, true] {
                    let error = Self.error(last: "r") { model in
                        model.integers("shape", shape)
                        model.integers("axes", [0], scalar: type == "CumSum")
                        let value =
                            isInteger ? ONNXTestModel.tensor("", [1], [1]) : ONNXTestModel.tensor("", [1], [1.0])
                        model.add("ConstantOfShape", ["shape"], ["empty"], ["value": .tensor(value)])
                        model.add(type, ["empty", "axes"], ["r"])
                    }
                    #expect(
                        error == "no error" || error.hasPrefix("m.onnx: node "),
                        "\(type) of \(shape)\(isInteger ? " integers" : ""): \(error)")
                }
            }
        }
    }
}
