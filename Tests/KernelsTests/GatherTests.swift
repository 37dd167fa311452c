import Testing

@testable import Kernels

@Suite struct GatherTests {
    struct Case {
        var lead: [Int], batch: [Int], rows: Int, indices: [Int], rest: [Int]
        var tableSizes: [Int] { lead + batch + [rows] + rest }
        var pickedSizes: [Int] { lead + batch + indices + rest }
        /// Calls `body` with the places of an index, of an element of the table's row 0, and of the picked element.
        func visit(_ body: (Int, Int, Int) -> Void) {
            let (outer, planes) = (lead.reduce(1, *), batch.reduce(1, *))
            let (picks, row) = (indices.reduce(1, *), rest.reduce(1, *))
            for l in 0..<outer {
                for b in 0..<planes {
                    for i in 0..<picks {
                        for r in 0..<row {
                            let plane = l * planes + b
                            body(b * picks + i, plane * rows * row + r, (plane * picks + i) * row + r)
                        }
                    }
                }
            }
        }
        var row: Int { rest.reduce(1, *) }
    }

    static let cases: [Case] = [
        Case(lead: [], batch: [], rows: 7, indices: [5], rest: [3]),
        Case(lead: [2], batch: [3], rows: 4, indices: [], rest: []),
        Case(lead: [2, 3], batch: [4], rows: 5, indices: [2, 2], rest: [6]),
        Case(lead: [], batch: [300], rows: 10, indices: [], rest: []),
        Case(lead: [], batch: [], rows: 50, indices: [40, 20], rest: [300]),
        Case(lead: [3], batch: [], rows: 500, indices: [400], rest: [40]),
        Case(lead: [], batch: [], rows: 2000, indices: [90000], rest: []),
        Case(lead: [2], batch: [20], rows: 64, indices: [30], rest: []),
        Case(lead: [], batch: [2], rows: 3, indices: [0], rest: [2]),
        Case(lead: [0], batch: [2], rows: 3, indices: [2], rest: [2]),
        Case(lead: [], batch: [], rows: 4, indices: [3], rest: [0]),
    ]

    @Test(arguments: cases.indices, [Storage.float32, .float64, .int64])
    func gatherAndItsTranspose(number: Int, storage: Storage) {
        let test = GatherTests.cases[number]
        var generator = TestGenerator(seed: UInt64(number))
        let table = TestArray(storage, test.tableSizes, generator: &generator)
        let indices = TestArray(.int64, test.batch + test.indices, generator: &generator)
        let picked = TestArray(storage, test.pickedSizes, generator: &generator)
        table.fill { _ in Double(generator.next(below: 1000)) }
        indices.fill { _ in Double(generator.next(below: 2 * test.rows) - test.rows) }
        let gather = GatherKernel(
            x: table.operand, indices: indices.operand, output: picked.operand, lead: test.lead.count,
            batch: test.batch.count)
        gather.run(RunState())
        #expect(gather.firstInvalidIndex == nil)
        let (tableValues, indexValues) = (table.values, indices.values)
        func row(_ place: Int) -> Int { (Int(indexValues[place]) + test.rows) % test.rows }
        var expected = [Double](repeating: 0, count: picked.operand.count)
        test.visit { expected[$2] = tableValues[$1 + row($0) * test.row] }
        #expect(picked.values == expected)

        picked.fill { _ in Double(generator.next(below: 10)) }
        let pickedValues = picked.values
        for accumulate in [false, true] {
            let sums = TestArray(storage, test.tableSizes, generator: &generator)
            if accumulate { sums.fill { Double($0 % 5) } }
            var expected = accumulate ? sums.values : [Double](repeating: 0, count: sums.operand.count)
            test.visit { expected[$1 + row($0) * test.row] += pickedValues[$2] }
            let scatter = ScatterAddKernel(
                updates: picked.operand, indices: indices.operand, output: sums.operand, lead: test.lead.count,
                batch: test.batch.count, accumulate: accumulate)
            scatter.run(RunState())
            #expect(sums.values == expected)
            #expect(scatter.firstInvalidIndex == nil)
        }
    }

    @Test func invalidIndicesAreReported() {
        let table = TestArray(.float32, [10, 11, 12])
        let indices = TestArray(.int64, [2, -3, 3, -4, 0])
        let picked = TestArray(.float32, [0, 0, 0, 0, 0])
        let gather = GatherKernel(x: table.operand, indices: indices.operand, output: picked.operand, lead: 0, batch: 0)
        gather.run(RunState())
        #expect(picked.values == [12, 10, 10, 10, 10])
        #expect(gather.firstInvalidIndex == 3)
        let scatter = ScatterAddKernel(
            updates: picked.operand, indices: indices.operand, output: table.operand, lead: 0, batch: 0,
            accumulate: false)
        scatter.run(RunState())
        #expect(table.values == [20, 0, 12])
        #expect(scatter.firstInvalidIndex == 3)
        indices.fill { _ in -1 }
        gather.run(RunState())
        #expect(gather.firstInvalidIndex == nil)
    }

    @Test func sameBitsWithAnyNumberOfThreads() {
        var generator = TestGenerator(seed: 2)
        let indices = TestArray(.int64, [5000], generator: &generator)
        indices.fill { _ in Double(generator.next(below: 40)) }
        for row in [300, 40, 1] {
            let updates = TestArray(.float32, [5000, row], generator: &generator)
            updates.fill { _ in generator.uniform() }
            let results = [1, 2].map { threads in
                let sums = TestArray(.float32, [40, row], generator: &generator)
                let kernel = ScatterAddKernel(
                    updates: updates.operand, indices: indices.operand, output: sums.operand, lead: 0, batch: 0,
                    accumulate: false)
                TaskArena(threads: threads).run { kernel.run(RunState()) }
                return sums.bytes
            }
            #expect(results[0] == results[1])
        }
    }
}
