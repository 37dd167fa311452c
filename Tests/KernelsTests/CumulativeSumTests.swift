import Testing

@testable import Kernels

@Suite struct CumulativeSumTests {
    @Test(arguments: [[5], [3, 4], [2, 6, 5], [7, 3, 600], [2000, 11], [0, 3], [3, 0]], [false, true])
    func sums(sizes: [Int], reverse: Bool) {
        var generator = TestGenerator(seed: 1)
        for storage in [Storage.float32, .float64, .int64] {
            for axis in sizes.indices {
                for exclusive in [false, true] {
                    let input = TestArray(storage, sizes, generator: &generator)
                    input.fill { _ in Double(generator.next(below: 10)) }
                    let output = TestArray(storage, sizes, generator: &generator)
                    CumulativeSumKernel(
                        input: input.operand, output: output.operand, axis: axis, exclusive: exclusive, reverse: reverse
                    ).run(RunState())
                    let values = input.values
                    let inner = sizes[(axis + 1)...].reduce(1, *)
                    var expected = values
                    for element in values.indices {
                        let position = element / inner % sizes[axis]
                        let range = reverse ? position..<sizes[axis] : 0..<(position + 1)
                        let base = element - position * inner
                        expected[element] = range.reduce(0) { $0 + values[base + $1 * inner] }
                        if exclusive { expected[element] -= values[element] }
                    }
                    #expect(output.values == expected)
                }
            }
        }
    }
}
