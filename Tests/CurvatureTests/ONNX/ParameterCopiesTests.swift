import Curvature
import TensorIR
import Testing

@testable import ONNXImport

/// What is taken for a copy of a parameter, and what is not.
@Suite struct ParameterCopiesTests {
    private static func weight(_ name: String, _ sizes: [Int], _ values: [Double]) -> FileWeights.Weight {
        FileWeights.Weight(name: name, sizes: sizes, values: .float64(values))
    }
    private static func numbers(_ count: Int, seed: UInt64 = 1) -> [Double] {
        var numbers = SeededNumbers(seed: seed)
        return numbers.array(count)
    }

    /// A view as positions in the original, from plain index arithmetic.
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let original: [Int]
        let sizes: [Int]
        let position: @Sendable ([Int]) -> [Int]
        var testDescription: String { text }
        init(_ text: String, _ original: [Int], _ sizes: [Int], _ position: @escaping @Sendable ([Int]) -> [Int]) {
            (self.text, self.original, self.sizes, self.position) = (text, original, sizes, position)
        }
    }
    static let cases = [
        Case("w transposed", [3, 5], [5, 3]) { [$0[1], $0[0]] },
        Case("w reshaped to (5, 3)", [3, 5], [5, 3]) { [($0[0] * 3 + $0[1]) / 5, ($0[0] * 3 + $0[1]) % 5] },
        Case("w reshaped to (1, 3, 5)", [3, 5], [1, 3, 5]) { [$0[1], $0[2]] },
        Case("w transposed reshaped to (1, 5, 3)", [3, 5], [1, 5, 3]) { [$0[2], $0[1]] },
        Case("w with its axes in the order (2, 0, 1)", [2, 3, 4], [4, 2, 3]) { [$0[1], $0[2], $0[0]] },
        Case("w with its axes in the order (1, 0, 2, 3)", [3, 2, 2, 1], [2, 3, 2, 1]) { [$0[1], $0[0], $0[2], $0[3]] },
        Case("w with its axes in the order (1, 0, 2) reshaped to (3, 8)", [2, 3, 4], [3, 8]) {
            [$0[1] / 4, $0[0], $0[1] % 4]
        },
        Case("w reshaped to (2, 3, 4) with its axes in the order (0, 2, 1)", [6, 4], [2, 4, 3]) {
            [$0[0] * 3 + $0[2], $0[1]]
        },
        Case("w[1]", [3, 5], [5]) { [1, $0[0]] },
        Case("w[:, 2]", [3, 5], [3]) { [$0[0], 2] },
        Case("w[1:3]", [4, 5], [2, 5]) { [$0[0] + 1, $0[1]] },
        Case("w[1:3] transposed", [4, 5], [5, 2]) { [$0[1] + 1, $0[0]] },
        Case("w[2] transposed", [3, 4, 5], [5, 4]) { [2, $0[1], $0[0]] },
        Case("w[:, 1]", [3, 4, 5], [3, 5]) { [$0[0], 1, $0[1]] },
        Case("w[1, 2]", [3, 4, 5], [5]) { [1, 2, $0[0]] },
        Case("w[1:3, 1:4]", [4, 5], [2, 3]) { [$0[0] + 1, $0[1] + 1] },
        Case("w[1] reshaped to (10, 2)", [3, 4, 5], [10, 2]) {
            [1, ($0[0] * 2 + $0[1]) / 5, ($0[0] * 2 + $0[1]) % 5]
        },
        Case("w[3:9]", [12], [6]) { [$0[0] + 3] },
        Case("w[3:9] reshaped to (2, 3)", [12], [2, 3]) { [$0[0] * 3 + $0[1] + 3] },
    ]

    private static func indices(_ sizes: [Int]) -> [[Int]] {
        sizes.reduce([[]]) { rows, size in rows.flatMap { row in (0..<size).map { row + [$0] } } }
    }
    private static func offset(_ index: [Int], _ sizes: [Int]) -> Int {
        zip(index, sizes).reduce(0) { $0 * $1.1 + $1.0 }
    }

    @Test(arguments: cases, [false, true])
    func views(of view: Case, isSingle: Bool) throws {
        let values = Self.numbers(view.original.reduce(1, *))
        let positions = Self.indices(view.sizes).map { Self.offset(view.position($0), view.original) }
        var model = ONNXTestModel(input: [1])
        // Beside it there is a tensor of the same sizes that is none.
        model.weight("other", view.original, Self.numbers(values.count, seed: 9))
        model.weight("w", view.original, values)
        model.weight("val_1", view.sizes, positions.map { values[$0] })
        if isSingle {
            for index in model.proto.graph.initializer.indices
            where model.proto.graph.initializer[index].dataType == 11 {
                let tensor = model.proto.graph.initializer[index]
                model.proto.graph.initializer[index].floatData = tensor.doubleData.map { Float($0) }
                model.proto.graph.initializer[index].doubleData = []
                model.proto.graph.initializer[index].dataType = 1
            }
        }
        model.integers("all", [1, -1])
        for name in ["w", "val_1", "other"] { model.add("Reshape", [name, "all"], ["flat_\(name)"]) }
        model.add("Concat", ["flat_w", "flat_val_1", "flat_other"], ["row"], ["axis": .int(1)])
        model.add("MatMul", ["x", "row"], ["y"])
        let read = try model.model()
        #expect(read.parameters.map(\.name) == ["other", "w"])
        #expect(read.notes == ["val_1 is \(view.text), a copy of a tied parameter: they count as one"])
        // Its values come from the parameter now, moved as the view says.
        let moved = values.map { $0 + 1 }
        let changed = Model(
            graph: read.graph, prediction: read.prediction, inputs: read.inputs,
            parameters: zip(read.parameters, [values, moved]).map { parameter, values in
                Parameter(
                    name: parameter.name, shape: parameter.shape, isTrainable: true, reason: "", node: parameter.node,
                    values: .float64(values))
            })
        let row = GraphEvaluator(changed, inputs: ["x": [1]], examples: 1).values(of: changed.prediction)
        #expect(Array(row[..<values.count]) == moved)
        #expect(Array(row[values.count..<values.count + positions.count]) == positions.map { moved[$0] })
    }

    /// What is whose copy, by position, and what might be.
    private struct Found: Equatable {
        var ties: [Int: Int]
        var doubts: [String]
        init(_ ties: [Int: Int], _ doubts: [String] = []) { (self.ties, self.doubts) = (ties, doubts) }
    }
    private static func found(_ weights: [FileWeights.Weight]) -> Found {
        let copies = ParameterCopies(among: weights)
        return Found(
            copies.ties.mapValues(\.original), copies.doubts.map { "\($0.copy) of \($0.original): \($0.reason)" })
    }

    @Test func constantsAndChoiceAreNoCopies() {
        let ones = [Double](repeating: 1, count: 12)
        let mask = (0..<12).map { Double($0 % 2) }
        let random = Self.numbers(12)
        let transposed = (0..<12).map { random[$0 % 3 * 4 + $0 / 3] }
        // Everything of ones is everything else of ones.
        #expect(Self.found([Self.weight("a", [3, 4], ones), Self.weight("val_0", [4, 3], ones)]) == Found([:]))
        #expect(Self.found([Self.weight("a", [12], ones), Self.weight("val_0", [4], [1, 1, 1, 1])]) == Found([:]))
        // Two different round values do not tell.
        #expect(
            Self.found([Self.weight("a", [12], mask), Self.weight("val_0", [1, 12], mask)])
                == Found([:], ["1 of 0: too few different values"]))
        // Two that nobody writes down do.
        #expect(
            Self.found([
                Self.weight("a", [2, 1], [0.1234567, -0.7654321]), Self.weight("t", [1, 2], [0.1234567, -0.7654321]),
            ])
                == Found([1: 0]))
        // Other values by one.
        var near = transposed
        near[11] += 1e-9
        #expect(Self.found([Self.weight("a", [3, 4], random), Self.weight("val_0", [4, 3], near)]) == Found([:]))
        // Of names that were chosen each is a parameter; many equal values in another order are worth a word.
        #expect(Self.found([Self.weight("a", [3, 4], random), Self.weight("b", [4, 3], transposed)]) == Found([:]))
        let many = Self.numbers(20)
        #expect(
            Self.found([
                Self.weight("a", [4, 5], many), Self.weight("b", [5, 4], (0..<20).map { many[$0 % 4 * 5 + $0 / 4] }),
            ]) == Found([:], ["1 of 0: names of their own"]))
        #expect(Self.found([Self.weight("a", [4, 5], many), Self.weight("b", [4, 5], many)]) == Found([:]))
    }

    @Test func severalWaysAreADoubt() {
        // Two equal rows: either could be the one that was taken.
        let row = Self.numbers(5)
        let other = Self.numbers(5, seed: 2)
        #expect(
            Self.found([Self.weight("table", [3, 5], row + other + row), Self.weight("select", [5], row)])
                == Found([:], ["1 of 0: several ways to be a copy"]))
        #expect(
            Self.found([Self.weight("table", [3, 5], row + other + row), Self.weight("select", [5], other)])
                == Found([1: 0]))
        // So could either of two equal tensors, unless one has no other order.
        let transposed = (0..<15).map { (row + other + row)[$0 % 3 * 5 + $0 / 3] }
        let table = Self.weight("a", [3, 5], row + other + row)
        let same = Self.weight("b", [3, 5], row + other + row)
        #expect(Self.found([table, same, Self.weight("t", [5, 3], transposed)]).ties.isEmpty)
        #expect(
            Self.found([table, Self.weight("b", [5, 3], transposed), Self.weight("t", [5, 3], transposed)])
                == Found([2: 0]))
    }

    @Test func copiesOfCopiesAreCopiesOfTheParameter() {
        let values = Self.numbers(12)
        let transposed = (0..<12).map { values[$0 % 3 * 4 + $0 / 3] }
        // The first of several names that were made up stands for a parameter that the file no longer names.
        #expect(
            Self.found([
                Self.weight("select", [4], Array(values[4..<8])), Self.weight("val_0", [4, 3], transposed),
                Self.weight("val_1", [3, 4], values),
            ]) == Found([0: 1, 2: 1]))
        #expect(
            Self.found([
                Self.weight("select", [4], Array(values[4..<8])), Self.weight("val_0", [4, 3], transposed),
                Self.weight("w", [3, 4], values),
            ]) == Found([0: 2, 1: 2]))
    }

    @Test func doubtsAreSaid() throws {
        var model = ONNXTestModel(input: [2])
        model.weight("w", [2, 3], [1, 2, 1, 2, 1, 2])
        model.weight("val_1", [3, 2], [1, 2, 2, 1, 1, 2])
        model.add("MatMul", ["x", "w"], ["h"])
        model.add("MatMul", ["h", "val_1"], ["y"])
        #expect(
            try model.model().notes == [
                "val_1 has the values of w transposed, but too few different values: they count as two parameters; "
                    + "where the network has one, export it with torch.onnx.export(..., optimize=False)"
            ])
    }
}
