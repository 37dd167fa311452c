import Testing

@testable import Curvature
@testable import ONNXImport

/// What is said where a vector is one list of numbers and the file's parameters are in no order that one would expect.
@Suite struct ParameterOrderTests {
    private static func notes(
        _ names: [String], _ requests: [String] = ["ggn @ v"], parameters: [String] = []
    ) throws -> [String] {
        var model = ONNXTestModel(input: [2])
        let sizes = ["first": [2, 3], "shift": [3], "second": [3, 2], "val_1": [3, 2]]
        var numbers = SeededNumbers(seed: 8)
        for name in names { model.weight(name, sizes[name]!, numbers.array(sizes[name]!.reduce(1, *))) }
        model.add("MatMul", ["x", "first"], ["a"])
        model.add("Add", ["a", "shift"], ["b"])
        model.add("MatMul", ["b", names.contains("second") ? "second" : "val_1"], ["y"])
        var vectors: [String: (shape: [Int], values: [Double])] = [
            "v": ([15], [Double](repeating: 1, count: 15)), "V": ([15, 2], [Double](repeating: 1, count: 30)),
            "other": ([3], [1, 1, 1]),
        ]
        if !parameters.isEmpty { vectors["v"] = ([9], [Double](repeating: 1, count: 9)) }
        let problem = try Problem(
            model: model.model(), loss: Loss(.crossEntropy()), inputs: ([3, 2], [1, 2, 3, 4, 5, 6]),
            targets: ([3], [0, 1, 0]), vectors: vectors, parameters: parameters)
        return problem.notes(on: try parseRequests(requests, in: problem))
    }

    @Test func inOrderOfUse() throws {
        #expect(try Self.notes(["first", "shift", "second"]) == [])
        let order =
            "goes with the parameters in the file's order, which is not that of their use: from number 1 on shift, first, second in the file, "
            + "first, shift, second in the network; a vector in the network's own order is one tensor for each parameter: --vector"
        #expect(try Self.notes(["shift", "first", "second"]) == ["'v' \(order) v=FILE"])
        #expect(
            try Self.notes(["shift", "first", "second"], ["ggn @ v", "hessian @ V"])
                == ["'V' \(order) V=FILE", "'v' \(order) v=FILE"])
        #expect(
            try Self.notes(["first", "second", "shift"]) == [
                "'v' goes with the parameters in the file's order, which is not that of their use: from number 2 on second, shift in the file, "
                    + "shift, second in the network; a vector in the network's own order is one tensor for each parameter: --vector v=FILE"
            ])
        // Nothing to say without a vector, and where the order was asked for.
        #expect(try Self.notes(["shift", "first", "second"], ["gradient", "other"]) == [])
        #expect(try Self.notes(["shift", "first", "second"], parameters: ["first", "shift"]) == [])
    }

    @Test func madeByTheExporter() throws {
        #expect(
            try Self.notes(["first", "shift", "val_1"]) == [
                "'v' has entries for val_1, which the exporter made of the network's parameters: they go with the values as the file has "
                    + "them, transposed or in another order; export with torch.onnx.export(..., optimize=False) to have the network's own"
            ])
    }

    /// `inspect` says it of every such parameter, but for copies and what is known of recurrent networks.
    @Test func inspectionNamesWhatWasMade() throws {
        var model = ONNXTestModel(input: [2])
        var numbers = SeededNumbers(seed: 8)
        for (name, sizes) in [("val_0", [2, 3]), ("shift", [3]), ("permute", [3, 2])] {
            model.weight(name, sizes, numbers.array(sizes.reduce(1, *)))
        }
        model.add("MatMul", ["x", "val_0"], ["a"])
        model.add("Add", ["a", "shift"], ["b"])
        model.add("MatMul", ["b", "permute"], ["y"])
        #expect(
            try ONNXInspection(model.file(), inputShapes: [:], examples: nil).notes == [
                "names that the exporter made up: val_0, permute; it made these of the network's parameters, most often transposed, so "
                    + "vectors and weights in the network's own order and names do not go with them; "
                    + "export with torch.onnx.export(..., optimize=False) to have the network's own"
            ])
    }
}
