import Testing

@testable import Kernels

@Suite struct ReductionTests {
    private func expected(
        _ operation: ReductionOperation, _ input: TestArray, _ axes: [Int], initial: [Double]?
    ) -> [Double] {
        let sizes = input.operand.sizes
        let kept = sizes.indices.filter { !axes.contains($0) }
        let integers = input.operand.storage == .int64
        let start: Double
        switch operation {
        case .sum: start = 0
        case .product: start = 1
        case .maximum: start = integers ? Double(Int64.min) : -.infinity
        case .minimum: start = integers ? Double(Int64.max) : .infinity
        }
        var result = [Double](repeating: start, count: kept.map { sizes[$0] }.reduce(1, *))
        for (element, value) in input.values.enumerated() {
            var rest = element
            var index = [Int](repeating: 0, count: sizes.count)
            for axis in sizes.indices.reversed() {
                index[axis] = rest % sizes[axis]
                rest /= sizes[axis]
            }
            let place = kept.reduce(0) { $0 * sizes[$1] + index[$1] }
            switch operation {
            case .sum: result[place] += value
            case .product: result[place] *= value
            case .maximum: result[place] = result[place].isNaN || value.isNaN ? .nan : max(result[place], value)
            case .minimum: result[place] = result[place].isNaN || value.isNaN ? .nan : min(result[place], value)
            }
        }
        if let initial { for index in result.indices { result[index] += initial[index] } }
        return result
    }

    @Test(arguments: 0..<600)
    func reductions(seed: Int) {
        var generator = TestGenerator(seed: UInt64(seed))
        let rank = generator.next(below: 5)
        var sizes = (0..<rank).map { _ in [1, 2, 3, 8, 10, 16, 33, 70][generator.next(below: 8)] }
        if seed % 11 == 0 && rank > 0 { sizes[generator.next(below: rank)] = 0 }
        if seed % 5 == 0 && rank > 0 { sizes[generator.next(below: rank)] = 1500 }
        if sizes.reduce(1, *) > 400_000 { sizes = sizes.map { min($0, 20) } }
        let storage: Storage = [.float32, .float64, .int64][generator.next(below: 3)]
        let operation = ReductionOperation.allCases[seed % 4]
        let input = TestArray(
            storage, sizes, layout: TestArray.Layout.allCases[generator.next(below: 4)], generator: &generator)
        var values = (0..<input.operand.count).map { _ in
            storage == .int64 ? Double(generator.next(below: 9) - 4) : Double(Float(generator.uniform()))
        }
        if operation == .product { values = values.map { storage == .int64 ? ($0 > 0 ? 1 : -1) : 1 + $0 / 100 } }
        if seed % 13 == 0 && storage != .int64 && !values.isEmpty { values[values.count / 2] = .nan }
        input.fill { values[$0] }
        let axes = sizes.indices.filter { _ in generator.next(below: 2) == 0 }
        let resultSizes = sizes.indices.filter { !axes.contains($0) }.map { sizes[$0] }
        let resultStorage: Storage = storage == .float32 && seed % 3 == 0 ? .float64 : storage
        let output = TestArray(
            resultStorage, resultSizes, layout: [.contiguous, .permuted, .gaps][generator.next(below: 3)],
            generator: &generator)
        let accumulate = operation == .sum && seed % 8 == 0
        var initial: [Double]?
        if accumulate {
            output.fill { Double($0 % 7) }
            initial = output.values
        }
        ReductionKernel(
            operation: operation, input: input.operand, output: output.operand, axes: axes.shuffled(using: &generator),
            accumulate: accumulate
        ).run(RunState())
        var tolerance = resultStorage == .float32 || storage == .float32 ? 2e-6 : 1e-13
        if operation == .product { tolerance *= 100 }
        #expect(
            close(output.values, expected(operation, input, axes, initial: initial), tolerance),
            "\(operation) of \(storage) \(sizes), strides \(input.operand.strides), over \(axes)")
    }

    @Test func sumsOfFloat32AreAccumulatedInFloat64() {
        var generator = TestGenerator(seed: 3)
        let input = TestArray(.float32, [1_000_000], generator: &generator)
        input.fill { _ in 0.1 }
        let output = TestArray(.float32, [], generator: &generator)
        ReductionKernel(operation: .sum, input: input.operand, output: output.operand, axes: [0]).run(RunState())
        #expect(output.values[0] == Double(Float(Double(Float(0.1)) * 1e6)))
    }

    @Test(arguments: [[0], [1], [0, 1]])
    func sameBitsWithAnyNumberOfThreads(axes: [Int]) {
        var generator = TestGenerator(seed: 4)
        let input = TestArray(.float32, [1003, 517], generator: &generator)
        input.fill { _ in generator.uniform() }
        let sizes = [1003, 517].enumerated().filter { !axes.contains($0.offset) }.map(\.element)
        let results = [1, 2].map { threads in
            let output = TestArray(.float64, sizes, generator: &generator)
            let kernel = ReductionKernel(operation: .sum, input: input.operand, output: output.operand, axes: axes)
            TaskArena(threads: threads).run { kernel.run(RunState()) }
            return output.bytes
        }
        #expect(results[0] == results[1])
    }
}
