import Testing

@testable import ONNXImport

/// Order, and writing by index, against plain sorting and plain loops.
@Suite struct RankingAndScatteringTests {
    typealias Attribute = ONNXTestModel.Attribute
    static let x: [Double] = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]

    /// The outputs of an operator with two, one after the other.
    static func both(_ type: String, _ shape: [Int], _ x: [Double], _ count: Int, _ attributes: [String: Attribute])
        throws -> [Double]
    {
        var model = ONNXTestModel(input: shape)
        model.integers("k", [count])
        model.add(type, ["x", "k"], ["values", "indices"], attributes)
        model.add("Cast", ["indices"], ["reals"], ["to": .int(11)])
        model.add("Concat", ["values", "reals"], ["y"], ["axis": .int(attributes.axis)])
        return try model.predictions(["x": x], examples: 1)
    }

    @Test(arguments: [true, false], [1, 3, 6])
    func largest(isLargest: Bool, count: Int) throws {
        let rows = [Array(Self.x[..<6]), Array(Self.x[6...])]
        let wanted = rows.flatMap { row in
            let order = row.indices.sorted { a, b in
                row[a] == row[b] ? a < b : isLargest ? row[a] > row[b] : row[a] < row[b]
            }.prefix(count)
            return order.map { row[$0] } + order.map { Double($0) }
        }
        let found = try Self.both(
            "TopK", [2, 6], Self.x, count, ["axis": .int(2), "largest": .int(isLargest ? 1 : 0)])
        #expect(found == wanted)
    }

    @Test func largestAlongAnInnerAxis() throws {
        // Columns of (3, 4): (3, 5, 5), (1, 9, 3), (4, 2, 5), (1, 6, 8).
        #expect(
            try Self.both("TopK", [3, 4], Self.x, 2, ["axis": .int(1)]) == [
                5, 9, 5, 8, 5, 3, 4, 6, 1, 1, 2, 2, 2, 2, 0, 1,
            ])
    }

    @Test(arguments: [("ArgMax", 0, [5, 1]), ("ArgMax", 1, [5, 1]), ("ArgMin", 0, [1, 0]), ("ArgMin", 1, [3, 0])])
    func arguments(type: String, last: Int, wanted: [Int]) throws {
        var model = ONNXTestModel(input: [2, 6])
        model.add(type, ["x"], ["i"], ["axis": .int(-1), "select_last_index": .int(last), "keepdims": .int(0)])
        model.add("Cast", ["i"], ["y"], ["to": .int(11)])
        let found = try model.predictions(["x": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 4]], examples: 1)
        #expect(found == wanted.map { Double($0) })
    }

    @Test(arguments: ["none", "add", "mul", "max", "min"])
    func scatterElements(reduction: String) throws {
        let updates: [Double] = [10, -20, 0.5, 7]
        // Two updates meet, but for "none", for which that has no meaning.
        let indices = reduction == "none" ? [0, -1, 3, 1] : [0, -1, 0, 1]
        var wanted = Array(Self.x[..<6])
        for (index, update) in zip(indices, updates) {
            let place = index < 0 ? index + 6 : index
            switch reduction {
            case "add": wanted[place] += update
            case "mul": wanted[place] *= update
            case "max": wanted[place] = max(wanted[place], update)
            case "min": wanted[place] = min(wanted[place], update)
            default: wanted[place] = update
            }
        }
        var model = ONNXTestModel(input: [2, 6])
        model.proto.graph.initializer.append(ONNXTestModel.tensor("i", [1, 1, 4], indices))
        model.proto.graph.initializer.append(ONNXTestModel.tensor("u", [1, 1, 4], updates))
        model.add("ScatterElements", ["x", "i", "u"], ["y"], ["axis": .int(2), "reduction": .string(reduction)])
        // The second row lies beyond the indices.
        let found = try model.predictions(["x": Self.x], examples: 1)
        #expect(found == wanted + Self.x[6...])
    }

    @Test(arguments: ["none", "add", "mul", "max", "min"])
    func scatterTuples(reduction: String) throws {
        // Rows of a table (4, 3): rows 1 and 3, the first twice where updates may meet.
        let rows = reduction == "none" ? [1, 3] : [1, 1]
        let updates: [Double] = [2, 20, 0.25, -3, 30, 4]
        var wanted = Self.x
        for (number, row) in rows.enumerated() {
            for column in 0..<3 {
                let (place, update) = (row * 3 + column, updates[number * 3 + column])
                switch reduction {
                case "add": wanted[place] += update
                case "mul": wanted[place] *= update
                case "max": wanted[place] = max(wanted[place], update)
                case "min": wanted[place] = min(wanted[place], update)
                default: wanted[place] = update
                }
            }
        }
        var model = ONNXTestModel(input: [12])
        model.integers("shape", [4, 3])
        model.integers("back", [1, 12])
        model.proto.graph.initializer.append(ONNXTestModel.tensor("i", [2, 1], rows))
        model.proto.graph.initializer.append(ONNXTestModel.tensor("u", [2, 3], updates))
        model.add("Reshape", ["x", "shape"], ["table"])
        model.add("ScatterND", ["table", "i", "u"], ["written"], ["reduction": .string(reduction)])
        model.add("Reshape", ["written", "back"], ["y"])
        #expect(try model.predictions(["x": Self.x], examples: 1) == wanted)
    }
}

extension [String: ONNXTestModel.Attribute] {
    fileprivate var axis: Int { if case .int(let axis)? = self["axis"] { axis } else { -1 } }
}
