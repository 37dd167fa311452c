import Kernels
import Testing

@testable import TensorIR

@Suite struct SampleTests {
    private static let distributions: [Sample.Distribution] = [.categorical, .bernoulli, .normal]
    private let probabilities: [Double] = (0..<48).map { [0.5, 0.125, 0.25, 0.125][($0 + $0 / 4) % 4] }

    private func draw(
        _ distribution: Sample.Distribution, seed: UInt64, samples: Int, examples: Int = 6,
        precision: Storage = .float64
    ) throws -> Dense {
        let graph = TensorGraph()
        let p = try graph.input(.parameter(0), TensorType([.examples, 2, 4]))
        let sample = try graph.append(Sample(distribution, seed: seed, samples: samples), p)
        let leaves = [p: Array(probabilities.prefix(examples * 8))]
        return Interpreter(graph, leaves: leaves, examples: examples, precision: precision).value(sample)
    }

    @Test func shapes() throws {
        let graph = TensorGraph()
        let p = try graph.input(.parameter(0), TensorType([.examples, 2, 4]))
        let types = try SampleTests.distributions.map {
            graph.type(try graph.append(Sample($0, seed: 1, samples: 3), p))
        }
        let real = TensorType([3, .examples, 2, 4])
        #expect(types == [TensorType([3, .examples, 2], .int64), real, real])
    }

    @Test(arguments: distributions)
    func drawsDependOnPlaceAlone(_ distribution: Sample.Distribution) throws {
        let many = try draw(distribution, seed: 5, samples: 7)
        let row = many.values.count / 7
        // Neither on how many samples there are,
        let few = try draw(distribution, seed: 5, samples: 3)
        #expect(few.values == Array(many.values.prefix(3 * row)))
        // nor on the batch,
        let small = try draw(distribution, seed: 5, samples: 7, examples: 2)
        let smallRow = small.values.count / 7
        for sample in 0..<7 {
            #expect(
                Array(small.values[(sample * smallRow)..<((sample + 1) * smallRow)])
                    == Array(many.values[(sample * row)..<(sample * row + smallRow)]))
        }
        // nor on the precision; but on the seed.
        let single = try draw(distribution, seed: 5, samples: 7, precision: .float32)
        #expect(single.values == many.values.map { Double(Float($0)) })
        #expect(try draw(distribution, seed: 6, samples: 7) != many)
    }

    @Test func frequencies() throws {
        let samples = 4000
        let classes = try draw(.categorical, seed: 1, samples: samples)
        let bits = try draw(.bernoulli, seed: 1, samples: samples)
        for example in 0..<6 {
            for term in 0..<2 {
                for output in 0..<4 {
                    let p = probabilities[(example * 2 + term) * 4 + output]
                    let drawn = (0..<samples).count { classes[$0, example, term] == Double(output) }
                    let ones = (0..<samples).count { bits[$0, example, term, output] == 1 }
                    // Five standard deviations.
                    let most = 5 * (p * (1 - p) / Double(samples)).squareRoot()
                    #expect(abs(Double(drawn) / Double(samples) - p) < most, "class \(output) at \(example), \(term)")
                    #expect(abs(Double(ones) / Double(samples) - p) < most, "bit \(output) at \(example), \(term)")
                }
            }
        }
        let normals = try draw(.normal, seed: 1, samples: samples).values
        let (mean, square) = (normals.reduce(0, +), normals.reduce(0) { $0 + $1 * $1 })
        #expect(abs(mean / Double(normals.count)) < 0.02 && abs(square / Double(normals.count) - 1) < 0.03)
    }

    /// Draws count as constants, though their probabilities depend on parameters.
    @Test(arguments: distributions)
    func noTangents(_ distribution: Sample.Distribution) throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([.examples, 2, 4]))
        let sample = try graph.append(Sample(distribution, seed: 1, samples: 2), graph.softmax(x, axis: 2))
        let value = try graph.cast(sample, to: .real)
        #expect(try graph.linearize([value], seeds: [x: x]) == [nil])
        // A tangent beside it passes.
        let sum = try graph.sum(value, axes: distribution == .categorical ? [0, 2] : [0, 2, 3])
        let product = try graph.multiply(sum, graph.sum(x, axes: [1, 2]))
        #expect(try graph.linearize([product], seeds: [x: x])[0] != nil)
    }

    @Test func oneSamplerForOneSeed() throws {
        let graph = TensorGraph()
        let x = try graph.input(.parameter(0), TensorType([.examples, 2, 4]))
        let sample = try graph.append(Sample(.categorical, seed: 1, samples: 2), x)
        #expect(try graph.append(Sample(.categorical, seed: 1, samples: 2), x) == sample)
        #expect(try graph.append(Sample(.categorical, seed: 2, samples: 2), x) != sample)
    }
}
