import Testing

@testable import Kernels

@Suite struct CopyTests {
    @Test(arguments: 0..<300)
    func copies(seed: Int) {
        var generator = TestGenerator(seed: UInt64(seed))
        let rank = generator.next(below: 5)
        let smallest = seed % 9 == 0 ? 0 : 1
        var sizes = (0..<rank).map { _ in
            [0, 1, 2, 3, 8, 9, 16, 33, 70][smallest + generator.next(below: 9 - smallest)]
        }
        if seed % 7 == 0 && rank > 0 { sizes[generator.next(below: rank)] = 500 }
        if sizes.reduce(1, *) > 300_000 { sizes = sizes.map { min($0, 20) } }
        let storage: Storage = [.float32, .float64, .int64, .bool][generator.next(below: 4)]
        let from = TestArray(
            storage, sizes, layout: TestArray.Layout.allCases[generator.next(below: 4)], generator: &generator)
        let to = TestArray(
            storage, sizes, layout: [.contiguous, .permuted, .gaps][generator.next(below: 3)], generator: &generator)
        let values = (0..<from.operand.count).map { _ in Double(generator.next(below: storage == .bool ? 2 : 1000)) }
        from.fill { values[$0] }
        CopyKernel(from: from.operand, to: to.operand).run(RunState())
        #expect(to.values == from.values, "sizes \(sizes), from \(from.operand.strides), to \(to.operand.strides)")

        FillKernel(to.operand, value: 1).run(RunState())
        #expect(to.values.allSatisfy { $0 == 1 })
    }
}
