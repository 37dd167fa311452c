import Curvature
import Foundation
import Testing

@testable import ONNXImport

/// Well-formed files whose graphs cannot be, or are far larger than their bytes.
@Suite(.timeLimit(.minutes(2))) struct HostileGraphTests {
    // MARK: names and order

    @Test func cycles() {
        var model = ONNXTestModel(input: [2])
        model.add("Add", ["x", "b"], ["a"])
        model.add("Relu", ["a"], ["b"])
        #expect(
            model.error()
                == "m.onnx: node 'a' (Add): its input 'b' is computed by node 'b' (Relu), which comes later: "
                + "nodes have to be in topological order, without cycles")
        model = ONNXTestModel(input: [2])
        model.add("Add", ["x", "a"], ["a"])
        #expect(model.error().contains("without cycles"))
    }

    @Test func namesThatRepeat() {
        var model = ONNXTestModel(input: [2])
        model.weight("w", [2])
        model.weight("w", [2])
        model.add("Add", ["x", "w"], ["y"])
        #expect(model.error() == "m.onnx: two initializers are named 'w'; names have to be unique")
        model = ONNXTestModel(input: [2])
        model.addInput("x", [2])
        model.add("Relu", ["x"], ["y"])
        #expect(model.error() == "m.onnx: two inputs have one name; names have to be unique")
        for name in ["x", "w", "y"] {
            model = ONNXTestModel(input: [2])
            model.weight("w", [2])
            model.add("Add", ["x", "w"], ["y"])
            model.add("Relu", ["y"], [name])
            #expect(
                model.error()
                    == "m.onnx: node '\(name)' (Relu): the name '\(name)' is already taken; names have to be unique")
        }
    }

    // MARK: functions and branches

    static func function(_ name: String, calls: [String]) -> ONNXFunctionProto {
        .with { function in
            (function.name, function.domain, function.input, function.output) = (name, "local", ["a"], ["b"])
            function.node = calls.enumerated().map { index, call in
                var node = ONNXTestModel.node(
                    call, [index == 0 ? "a" : "t\(index)"], [index == calls.count - 1 ? "b" : "t\(index + 1)"], [:])
                node.domain = call == "Relu" ? "" : "local"
                return node
            }
        }
    }
    static func calling(_ functions: [ONNXFunctionProto]) -> ONNXTestModel {
        var model = ONNXTestModel(input: [2])
        model.proto.functions = functions
        model.add(functions[0].name, ["x"], ["y"])
        model.proto.graph.node[0].domain = "local"
        return model
    }

    @Test func functionsThatCallEachOther() {
        let model = Self.calling([Self.function("A", calls: ["B"]), Self.function("B", calls: ["A"])])
        #expect(
            model.error() == "m.onnx: node 'b' (A): functions call each other without end"
                || model.error() == "m.onnx: node 'b' (B): functions call each other without end")
    }

    /// 2^30 nodes from 60.
    @Test func functionsThatDouble() {
        let names = (0..<30).map { "F\($0)" }
        let functions = names.indices.map { index in
            let next = index + 1 < names.count ? names[index + 1] : "Relu"
            return Self.function(names[index], calls: [next, next])
        }
        #expect(Self.calling(functions).error().hasSuffix("written out"))
        // A few levels are no mistake.
        #expect(Self.calling(Array(functions[22...])).error() == "no error")
    }

    static func nestedIf(_ depth: Int) -> ONNXGraphProto {
        .with { graph in
            var node = ONNXTestModel.node("Relu", ["x"], ["y\(depth)"], [:])
            if depth > 0 {
                node = ONNXTestModel.node("If", ["yes"], ["y\(depth)"], [:])
                for name in ["then_branch", "else_branch"] {
                    node.attribute.append(
                        .with {
                            ($0.name, $0.type, $0.g) = (
                                name, .graph, name == "then_branch" ? nestedIf(depth - 1) : .init()
                            )
                        })
                }
            }
            graph.node = [node]
            graph.output = [.with { $0.name = "y\(depth)" }]
        }
    }
    @Test(arguments: [1, 20, 200]) func branchesInBranches(depth: Int) {
        var model = ONNXTestModel(input: [2])
        var yes = ONNXTensorProto()
        (yes.name, yes.dataType, yes.int32Data) = ("yes", 9, [1])
        model.proto.graph.initializer = [yes]
        let graph = Self.nestedIf(depth)
        (model.proto.graph.node, model.proto.graph.output) = (graph.node, graph.output)
        let error = model.error()
        #expect(
            depth > 20 ? error.hasPrefix("m.onnx: expected an ONNX model, found a damaged one") : error == "no error",
            "\(error)")
    }

    // MARK: sizes

    /// The tensor's own shape, type and bytes have to agree.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16] as [Int32])
    func rawDataOfAnotherSize(type: Int32) throws {
        var tensor = ONNXTensorProto()
        (tensor.name, tensor.dims, tensor.dataType) = ("w", [2], type)
        let widths: [Int32: Int] = [2: 1, 3: 1, 4: 2, 5: 2, 7: 8, 9: 1, 10: 2, 11: 8, 13: 8, 16: 2]
        let width = widths[type] ?? 4
        for count in [0, 1, 2 * width - 1, 2 * width + 1, 64] {
            tensor.rawData = Data(count: count)
            var model = ONNXTestModel(input: [2])
            model.proto.graph.initializer = [tensor]
            model.add("Identity", ["x"], ["y"])
            #expect(
                model.error()
                    == "m.onnx: initializer 'w': 2 elements of \(width) bytes expected, found \(count) bytes")
        }
    }

    @Test func shapesThatCannotBe() {
        for dims: [Int64] in [[-1], [.max, .max], [.max, 0], [0, 1 << 40], [1 << 20, 1 << 20, 0], [.min]] {
            var model = ONNXTestModel(input: [2])
            model.proto.graph.initializer = [.with { ($0.name, $0.dataType, $0.dims) = ("w", 1, dims) }]
            model.add("Identity", ["x"], ["y"])
            #expect(model.error() == "m.onnx: initializer 'w': its shape \(dims) is not possible")
        }
        var model = ONNXTestModel(input: [2])
        model.proto.graph.initializer = [.with { ($0.name, $0.dataType, $0.dims) = ("w", 1, [1 << 40]) }]
        model.add("Identity", ["x"], ["y"])
        #expect(model.error() == "m.onnx: initializer 'w': 1099511627776 elements expected, found 0")
    }

    /// Lists that are joined to themselves: 2^40 elements from a few.
    @Test func listsThatDouble() {
        for start in ["w", "sizes"] {
            var model = ONNXTestModel(input: [2])
            model.integers("w", [1, 2])
            model.add("Shape", ["x"], ["sizes"])
            var last = start
            for step in 0..<40 {
                model.add("Concat", [last, last], ["c\(step)"], ["axis": .int(0)])
                last = "c\(step)"
            }
            model.add("ReduceSum", [last], ["total"])
            model.add("Cast", ["total"], ["real"], ["to": .int(11)])
            model.add("Add", ["x", "real"], ["y"])
            #expect(model.error().contains("too large"), "\(model.error())")
        }
    }

    /// Operators that make much of a number.
    @Test func numbersThatCannotBe() {
        func error(_ type: String, _ inputs: [String], _ attributes: [String: ONNXTestModel.Attribute] = [:]) -> String
        {
            var model = ONNXTestModel(input: [4, 4])
            model.integers("million", [1 << 20, 1 << 10])
            model.integers("huge", [1 << 40], scalar: true)
            model.integers("many", [(1 << 31) - 1], scalar: true)
            model.integers("least", [Int.min], scalar: true)
            model.integers("pads", [0, 0, Int.min, 0, 0, 0])
            model.integers("wide", [1, 1, (1 << 31) - 1])
            model.integers("zero", [0], scalar: true)
            model.integers("one", [1], scalar: true)
            model.integers("two", [0, 1])
            model.integers("scaled", [1, 4, (1 << 31) - 1])
            model.integers("sides", [4, (1 << 31) - 1])
            model.weight("none", [])
            model.add(type, inputs, ["r"], attributes)
            model.add("Shape", ["r"], ["s"])
            model.add("ReduceSum", ["s"], ["t"])
            model.add("Cast", ["t"], ["u"], ["to": .int(11)])
            model.add("Add", ["x", "u"], ["y"])
            return model.error()
        }
        #expect(error("Range", ["zero", "huge", "one"]).contains("more than"))
        #expect(error("Range", ["least", "huge", "one"]).contains("more than"))
        #expect(error("ConstantOfShape", ["million"]) == "no error")
        #expect(error("ConstantOfShape", ["wide"]) == "no error")
        #expect(error("Pad", ["x", "pads"]).contains("6 paddings do not go with 3 axes"))
        #expect(error("Trilu", ["x", "least"]).contains("too large"))
        #expect(error("OneHot", ["zero", "many", "two"]).contains("its depth is 2147483647"))
        #expect(error("OneHot", ["zero", "least", "two"]).contains("its depth is -"))
        #expect(error("Resize", ["x", "", "", "sides"], ["axes": .ints([1, 2])]).contains("a size is 2147483647"))
        #expect(error("Expand", ["x", "wide"]).contains("does not repeat to"))
        #expect(error("Tile", ["x", "scaled"]).contains("too large"))
    }

    // MARK: long graphs

    @Test func longChains() {
        var model = ONNXTestModel(input: [2])
        for step in 0..<3000 {
            model.proto.graph.node.append(
                ONNXTestModel.node(step % 2 == 0 ? "Sin" : "Cos", ["\(step)"], ["\(step + 1)"], [:]))
        }
        model.proto.graph.node[0].input = ["x"]
        model.add("Relu", ["3000"], ["y"])
        #expect(model.error() == "no error")
    }

    /// Each value is looked at once for examples that are all equal, however often it is used.
    @Test func valuesThatAreUsedTwice() {
        var model = ONNXTestModel(input: [3], batch: 4)
        model.weight("w", [4, 3], [Double](repeating: 1, count: 12))
        var last = "w"
        for step in 0..<60 {
            model.add("Mul", [last, last], ["m\(step)"])
            last = "m\(step)"
        }
        model.add("Add", ["x", last], ["y"])
        #expect(model.error() == "no error")
    }
}
