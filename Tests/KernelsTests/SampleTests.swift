import Testing

@testable import Kernels

@Suite struct SampleTests {
    private func draw(
        _ kind: SampleKernel.Kind, _ storage: Storage, samples: Int = 3, first: Int = 0, batch: Int = 50,
        terms: Int = 2, components: Int = 5, seed: UInt64 = 7, parameters: TestArray? = nil, threads: Int = 2
    ) -> [Double] {
        var generator = TestGenerator(seed: 0)
        let sizes = [samples, batch, terms] + (kind == .categorical ? [] : [components])
        let output = TestArray(kind == .categorical ? .int64 : storage, sizes, generator: &generator)
        let kernel = SampleKernel(kind: kind, parameters: parameters?.operand, output: output.operand, seed: seed)
        let state = RunState()
        state.firstExample = first
        TaskArena(threads: threads).run { kernel.run(state) }
        return output.values
    }

    private func probabilities(_ sizes: [Int], _ values: [Double]) -> TestArray {
        var generator = TestGenerator(seed: 0)
        let array = TestArray(.float64, sizes, generator: &generator)
        array.fill { values[$0 % values.count] }
        return array
    }

    @Test func moments() {
        let uniforms = draw(.uniform, .float64, batch: 20000)
        let count = Double(uniforms.count)
        #expect(uniforms.allSatisfy { $0 >= 0 && $0 < 1 })
        #expect(abs(uniforms.reduce(0, +) / count - 0.5) < 0.002)
        let normals = draw(.normal, .float64, batch: 20000)
        #expect(abs(normals.reduce(0, +) / count) < 0.006)
        #expect(abs(normals.reduce(0) { $0 + $1 * $1 } / count - 1) < 0.01)
        #expect(abs(normals.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count - 3) < 0.1)

        let classes = draw(
            .categorical, .float64, batch: 20000, parameters: probabilities([20000, 2, 4], [0.1, 0, 0.6, 0.3]))
        for (number, probability) in [0.1, 0, 0.6, 0.3].enumerated() {
            let frequency = Double(classes.count { $0 == Double(number) }) / Double(classes.count)
            #expect(probability == 0 ? frequency == 0 : abs(frequency - probability) < 0.006)
        }
        let coins = draw(
            .bernoulli, .float32, batch: 20000, parameters: probabilities([20000, 2, 5], [0.2, 0.2, 0.2, 0.2, 0.2]))
        #expect(abs(coins.reduce(0, +) / count - 0.2) < 0.003)
    }

    @Test(arguments: [SampleKernel.Kind.uniform, .normal, .categorical, .bernoulli])
    func drawsDependOnTheirNumberOnly(kind: SampleKernel.Kind) {
        let needsParameters = kind == .categorical || kind == .bernoulli
        func parameters(_ batch: Int) -> TestArray? {
            needsParameters ? probabilities([batch, 2, 5], [0.3, 0.1, 0.1, 0.25, 0.25]) : nil
        }
        let all = draw(kind, .float64, parameters: parameters(50))
        let width = kind == .categorical ? 2 : 10
        #expect(all == draw(kind, .float64, parameters: parameters(50), threads: 1))
        // A prefix of the samples.
        #expect(Array(all.prefix(50 * width)) == draw(kind, .float64, samples: 1, parameters: parameters(50)))
        // Another batch.
        let part = draw(kind, .float64, samples: 1, first: 20, batch: 7, parameters: parameters(7))
        #expect(Array(all[20 * width..<27 * width]) == part)
        // Other precision.
        let single = draw(kind, .float32, parameters: parameters(50))
        #expect(single == (kind == .categorical ? all : all.map { Double(Float($0)) }))
        // Another seed.
        #expect(all != draw(kind, .float64, seed: 8, parameters: parameters(50)))
    }

    @Test func manyComponents() {
        let all = draw(.normal, .float64, samples: 1, batch: 1, terms: 1, components: 301)
        #expect(all.count == 301)
        #expect(Array(all.prefix(64)) == draw(.normal, .float64, samples: 1, batch: 1, terms: 1, components: 64))
        #expect(Set(all).count == 301)
    }

    @Test func roundingLeavesTheLastPossibleClass() {
        let parameters = probabilities([1000, 1, 3], [0, 1e-9, 0])
        let classes = draw(.categorical, .float64, samples: 1, batch: 1000, terms: 1, parameters: parameters)
        #expect(classes.allSatisfy { $0 == 1 })
    }
}
