import Testing

@testable import Kernels

/// A random contraction: labels with roles and sizes.
private struct RandomContraction {
    var lhsLabels: [Int] = []
    var rhsLabels: [Int] = []
    var outputLabels: [Int] = []
    var sizes: [Int] = []

    init(largest: Int, generator: inout TestGenerator) {
        for label in 0..<generator.next(below: 6) {
            sizes.append(1 + generator.next(below: largest))
            let role = generator.next(below: 4)
            if role != 0 { lhsLabels.append(label) }
            if role != 1 { rhsLabels.append(label) }
            if role != 2 { outputLabels.append(label) }
        }
        lhsLabels.shuffle(using: &generator)
        rhsLabels.shuffle(using: &generator)
        outputLabels.shuffle(using: &generator)
    }

    func sizes(_ labels: [Int]) -> [Int] { labels.map { sizes[$0] } }

    /// In double precision, by one loop over all labels.
    func reference(_ lhs: [Double], _ rhs: [Double], addedTo start: [Double]) -> [Double] {
        var result = start
        // Strides of each label in each operand's row-major values.
        let strides = [lhsLabels, rhsLabels, outputLabels].map { labels in
            var strides = [Int](repeating: 0, count: sizes.count)
            for (label, stride) in zip(labels, Operand.contiguousStrides(sizes(labels))) { strides[label] = stride }
            return strides
        }
        for index in 0..<sizes.reduce(1, *) {
            var rest = index
            var offsets = [0, 0, 0]
            for label in sizes.indices {
                for operand in 0..<3 { offsets[operand] += rest % sizes[label] * strides[operand][label] }
                rest /= sizes[label]
            }
            result[offsets[2]] += lhs[offsets[0]] * rhs[offsets[1]]
        }
        return result
    }
}

@Suite struct ContractionTests {
    @Test(arguments: [Storage.float32, .float64], [false, true])
    func randomLabelsAndStrides(storage: Storage, accumulate: Bool) {
        for seed in UInt64(0)..<500 {
            var generator = TestGenerator(seed: seed)
            let example = RandomContraction(largest: seed % 4 == 0 ? 17 : 6, generator: &generator)
            let lhs = randomArray(
                storage, example.sizes(example.lhsLabels), layouts: TestArray.Layout.allCases, generator: &generator)
            let rhs = randomArray(
                storage, example.sizes(example.rhsLabels), layouts: TestArray.Layout.allCases, generator: &generator)
            let output = randomArray(
                storage, example.sizes(example.outputLabels), layouts: [.contiguous, .permuted, .gaps],
                generator: &generator)
            let start = accumulate ? output.values : output.values.map { _ in 0 }
            let expected = example.reference(lhs.values, rhs.values, addedTo: start)
            // What must not be read.
            if !accumulate { output.fill { _ in Double.nan } }
            let state = RunState()
            ContractionKernel(
                lhs: lhs.operand, lhsLabels: example.lhsLabels, rhs: rhs.operand, rhsLabels: example.rhsLabels,
                output: output.operand, outputLabels: example.outputLabels, accumulate: accumulate
            ).run(state)
            let tolerance = storage == .float32 ? 1e-5 : 1e-13
            #expect(close(output.values, expected, tolerance), "seed \(seed): \(example)")
            #expect(state.matmulFlops == 2 * example.sizes.reduce(1, *))
            // What must not be written: the memory between the elements still has its first bytes.
            output.fill { _ in Double.nan }
            let nan = output.bytes
            output.fill { _ in 0 }
            let gaps = zip(nan, output.bytes).filter { $0 == $1 && $0 != 0 }
            #expect(gaps.allSatisfy { $0.0 == 0xFF }, "seed \(seed): written outside of the view")
        }
    }

    /// All ways to run one contraction agree, those included that would be too slow for its size.
    @Test(arguments: [false, true])
    func everyPlan(accumulate: Bool) {
        var tried: [String: Int] = [:]
        for seed in UInt64(1000)..<1200 {
            var generator = TestGenerator(seed: seed)
            let example = RandomContraction(largest: 7, generator: &generator)
            let lhs = randomArray(
                .float64, example.sizes(example.lhsLabels), layouts: TestArray.Layout.allCases, generator: &generator)
            let rhs = randomArray(
                .float64, example.sizes(example.rhsLabels), layouts: TestArray.Layout.allCases, generator: &generator)
            let output = randomArray(
                .float64, example.sizes(example.outputLabels), layouts: [.contiguous, .permuted, .gaps],
                generator: &generator)
            let start = output.values
            let expected = example.reference(lhs.values, rhs.values, addedTo: accumulate ? start : start.map { _ in 0 })
            let axes = ContractionAxis.axes(
                lhs: lhs.operand, lhsLabels: example.lhsLabels, rhs: rhs.operand, rhsLabels: example.rhsLabels,
                output: output.operand, outputLabels: example.outputLabels)
            var plans: Set<String> = []
            _ = ContractionPlan.cheapest(axes, storage: .float64, accumulate: accumulate) {
                plans.insert(description($0))
                return false
            }
            for plan in plans {
                if accumulate { output.fill { start[$0] } } else { output.fill { _ in Double.nan } }
                ContractionKernel(
                    lhs: lhs.operand, lhsLabels: example.lhsLabels, rhs: rhs.operand, rhsLabels: example.rhsLabels,
                    output: output.operand, outputLabels: example.outputLabels, accumulate: accumulate,
                    where: { description($0) == plan }
                ).run(RunState())
                #expect(close(output.values, expected, 1e-13), "seed \(seed): \(example), plan \(plan)")
                tried[plan, default: 0] += 1
            }
        }
        // Two methods with every choice of copies, and two without copies.
        #expect(tried.count == 2 * 8 + 2)
    }

    private func description(_ plan: ContractionPlan) -> String {
        "\(plan.method), copies \(plan.copied.map(\.position))"
    }

    /// Shapes of layers and their gradients, large enough for several tasks; labels 0 and 1 are rows and columns,
    /// 2 is contracted, and 3 whatever its operands make of it.
    @Test(arguments: [
        ([0, 2], [2, 1], [0, 1]), ([2, 0], [2, 1], [0, 1]), ([0, 2], [1, 2], [0, 1]), ([2, 0], [1, 2], [0, 1]),
        ([0, 2], [2, 1], [1, 0]), ([2, 0], [1, 2], [1, 0]), ([3, 0, 2], [2, 1], [3, 0, 1]),
        ([3, 0, 2], [3, 2, 1], [3, 0, 1]), ([0, 3, 2], [1, 3, 2], [3, 0, 1]), ([3, 0, 2], [3, 1, 2], [0, 1]),
    ])
    func layers(lhsLabels: [Int], rhsLabels: [Int], outputLabels: [Int]) {
        let sizes = [300, 270, 129, 3]
        var generator = TestGenerator(seed: 7)
        let lhs = randomArray(.float32, lhsLabels.map { sizes[$0] }, generator: &generator)
        let rhs = randomArray(.float32, rhsLabels.map { sizes[$0] }, generator: &generator)
        let output = randomArray(.float32, outputLabels.map { sizes[$0] }, generator: &generator)
        let kernel = ContractionKernel(
            lhs: lhs.operand, lhsLabels: lhsLabels, rhs: rhs.operand, rhsLabels: rhsLabels, output: output.operand,
            outputLabels: outputLabels, accumulate: false)
        TaskArena(threads: 1).run { kernel.run(RunState()) }
        let result = output.values
        output.fill { _ in Double.nan }
        TaskArena(threads: 2).run { kernel.run(RunState()) }
        #expect(output.values == result)

        func element(_ values: [Double], _ labels: [Int], _ places: [Int]) -> Double {
            values[
                zip(labels, Operand.contiguousStrides(labels.map { sizes[$0] })).reduce(0) { $0 + places[$1.0] * $1.1 }]
        }
        let (lhsValues, rhsValues) = (lhs.values, rhs.values)
        for _ in 0..<50 {
            let (row, column) = (generator.next(below: 300), generator.next(below: 270))
            let batch = generator.next(below: 3)
            var expected = 0.0
            for other in 0..<(lhsLabels.contains(3) ? 3 : 1) where other == batch || !outputLabels.contains(3) {
                for k in 0..<129 {
                    let places = [row, column, k, other]
                    expected += element(lhsValues, lhsLabels, places) * element(rhsValues, rhsLabels, places)
                }
            }
            #expect(close(element(result, outputLabels, [row, column, 0, batch]), expected, 2e-5))
        }
    }

    @Test(arguments: [false, true])
    func theSumOverNothingIsZero(accumulate: Bool) {
        var generator = TestGenerator(seed: 1)
        let lhs = randomArray(.float32, [2, 0], generator: &generator)
        let rhs = randomArray(.float32, [0, 3], generator: &generator)
        let output = randomArray(.float32, [2, 3], layouts: [.gaps], generator: &generator)
        let before = output.values
        if !accumulate { output.fill { _ in Double.nan } }
        ContractionKernel(
            lhs: lhs.operand, lhsLabels: [0, 1], rhs: rhs.operand, rhsLabels: [1, 2], output: output.operand,
            outputLabels: [0, 2], accumulate: accumulate
        ).run(RunState())
        #expect(output.values == (accumulate ? before : [0, 0, 0, 0, 0, 0]))
    }

    @Test func anEmptyOutput() {
        var generator = TestGenerator(seed: 1)
        let lhs = randomArray(.float64, [2, 4], generator: &generator)
        let rhs = randomArray(.float64, [4, 0], generator: &generator)
        let output = randomArray(.float64, [2, 0], generator: &generator)
        let state = RunState()
        ContractionKernel(
            lhs: lhs.operand, lhsLabels: [0, 1], rhs: rhs.operand, rhsLabels: [1, 2], output: output.operand,
            outputLabels: [0, 2], accumulate: false
        ).run(state)
        #expect(state.matmulFlops == 0)
    }

    /// No unit stride in the first input's matrix: only a copy of it is fast.
    @Test func copiesWhatBLASCannotRead() {
        var generator = TestGenerator(seed: 3)
        let lhs = randomArray(.float32, [200, 200, 2], generator: &generator)
        let rhs = randomArray(.float32, [200, 200], generator: &generator)
        let output = randomArray(.float32, [2, 200, 200], generator: &generator)
        let kernel = ContractionKernel(
            lhs: lhs.operand, lhsLabels: [0, 1, 3], rhs: rhs.operand, rhsLabels: [1, 2], output: output.operand,
            outputLabels: [3, 0, 2], accumulate: false)
        #expect(kernel.copiedBytes == 4 * 2 * 200 * 200)
        kernel.run(RunState())
        let (lhsValues, rhsValues, values) = (lhs.values, rhs.values, output.values)
        for (batch, row, column) in [(0, 0, 0), (1, 7, 199), (1, 199, 100), (0, 64, 65)] {
            var expected = 0.0
            for k in 0..<200 { expected += lhsValues[(row * 200 + k) * 2 + batch] * rhsValues[k * 200 + column] }
            #expect(close(values[(batch * 200 + row) * 200 + column], expected, 2e-5))
        }
    }
}
