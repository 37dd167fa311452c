import Kernels
import Testing

@testable import TensorIR

@Suite struct GatherTests {
    struct Setting: CustomStringConvertible {
        var description: String
        var lead: Shape = []
        var batch: Shape = []
        /// Axes of the indices after those that they share with the table.
        var picks: Shape = []
        var rest: Shape = []
        var rows = 5

        func joined(_ parts: Shape...) -> Shape { Shape(parts.flatMap(\.dimensions)) }
        var table: Shape { joined(lead, batch, [Dimension(rows)], rest) }
        var indices: Shape { joined(batch, picks) }
        var picked: Shape { joined(lead, batch, picks, rest) }

        /// Calls `body` with the index of each picked element, of its row's number, and of the table's element without
        /// its row.
        func forEachPick(_ examples: Int, _ body: (_ picked: [Int], _ index: [Int], _ element: (Int) -> [Int]) -> Void)
        {
            for index in Dense.indices(picked.sizes(examples: examples)) {
                let front = index.prefix(lead.rank + batch.rank)
                let inner = index.dropFirst(front.count)
                body(index, Array(front.dropFirst(lead.rank) + inner.prefix(picks.rank))) { row in
                    Array(front + [row] + inner.dropFirst(picks.rank))
                }
            }
        }
    }

    private static let settings = [
        Setting(description: "embedding", picks: [.examples, 3], rest: [2]),
        Setting(description: "one number", rest: [2, 2]),
        Setting(description: "numbers", picks: [4]),
        Setting(description: "matrix of rows", picks: [2, .examples], rest: [3, 1]),
        Setting(description: "class of each example", batch: [.examples]),
        Setting(description: "rows of each example", batch: [.examples], picks: [3], rest: [2]),
        Setting(description: "two shared axes", batch: [.examples, 2], picks: [2, 2]),
        Setting(description: "leading axis", lead: [2], picks: [.examples, 2], rest: [3]),
        Setting(description: "leading and shared axes", lead: [2], batch: [3, .examples], picks: [2], rest: [2]),
    ]

    @Test(arguments: settings)
    func gather(_ setting: Setting) throws {
        // Negative indices count from the end.
        let inputs = [Input.uniform(setting.table), .integers(setting.indices, -setting.rows..<setting.rows)]
        try expectDerivativesMatch(inputs, seed: 1, batchesInputs: setting.lead.rank == 0) { graph, x in
            let picked = try graph.append(
                Gather(lead: setting.lead.rank, batchAxes: setting.batch.rank), graph.square(x[0]), x[1])
            #expect(graph.shape(picked) == setting.picked)
            return picked
        } reference: { x in
            var result = Dense(setting.picked.sizes(examples: 3)) { _ in 0 }
            setting.forEachPick(3) { picked, index, element in
                let row = Int(x[1][index])
                let value = x[0][element(row < 0 ? row + setting.rows : row)]
                result[picked] = value * value
            }
            return result
        }
    }

    @Test(arguments: settings)
    func scatterAdd(_ setting: Setting) throws {
        // Three rows for all picks, so that some meet.
        let inputs = [Input.uniform(setting.picked), .integers(setting.indices, 1..<4)]
        try expectDerivativesMatch(inputs, seed: 2, batchesInputs: setting.lead.rank == 0) { graph, x in
            let table = try graph.append(
                ScatterAdd(rows: setting.rows, lead: setting.lead.rank, batchAxes: setting.batch.rank),
                graph.square(x[0]), x[1])
            // Sums over examples where indices are no example's own.
            #expect(graph.shape(table) == setting.table)
            return table
        } reference: { x in
            var result = Dense(setting.table.sizes(examples: 3)) { _ in 0 }
            setting.forEachPick(3) { picked, index, element in
                result[element(Int(x[1][index]))] += x[0][picked] * x[0][picked]
            }
            return result
        }
    }

    /// A tangent that already has a leading axis gets a second one in front.
    @Test func blockOfTablesWithLeadingAxis() throws {
        let graph = TensorGraph()
        let table = try graph.input(.value(0), TensorType([2, 3]))
        let block = try graph.input(.value(1), TensorType([2, 2, 3]))
        let indices = try graph.constant(Constant([2], [2, 0] as [Int64]))
        let picked = try graph.append(Gather(lead: 1), table, indices)
        let image = try graph.batch([picked], replacements: [table: block], size: 2)[0]
        #expect(graph.shape(image) == [2, 2, 2])
        let values = (0..<12).map(Double.init)
        #expect(
            Interpreter(graph, leaves: [block: values], examples: 1).value(image).values == [2, 0, 5, 3, 8, 6, 11, 9])
    }

    @Test func gatherOfIntegers() throws {
        let graph = TensorGraph()
        let table = try graph.constant(Constant([3], [7, 8, 9] as [Int64]))
        let indices = try graph.constant(Constant([2, 2], [2, 0, -1, 1] as [Int64]))
        let picked = try graph.append(Gather(), table, indices)
        #expect(graph.type(picked) == TensorType([2, 2], .int64))
        #expect(Interpreter(graph, leaves: [:], examples: 1).value(picked).values == [9, 7, 9, 8])
    }

    @Test func accumulation() throws {
        let graph = TensorGraph()
        let updates = try graph.input(.value(0), TensorType([.examples, 2]))
        let indices = try graph.input(.data("i"), TensorType([.examples], .int64))
        let table = try graph.append(ScatterAdd(rows: 2), updates, indices)
        #expect(graph.primitive(table).canAccumulate)
        let interpreter = Interpreter(graph, leaves: [updates: [1, 2, 3, 4, 5, 6], indices: [1, 0, 1]], examples: 3)
        #expect(interpreter.accumulated(table, onto: [10, 20, 30, 40]).values == [13, 24, 36, 48])
    }
}
