import Foundation
import Kernels
import Testing

@testable import Curvature

/// `ggn(samples=S, seed=s)`: a mean of outer products over labels drawn from the model, the same draws
/// under all circumstances.
@Suite struct SampledCurvatureTests {
    /// The numbers behind the draws: uniform, or normal by Box and Muller from an even component and the next.
    static func draws(_ loss: LossCase, seed: UInt64, outputs: Int) -> (Int, Int, Int) -> [Double] {
        let random = Philox(seed: seed)
        return { example, term, sample in
            (0..<outputs).map { c in
                func uniform(_ component: Int) -> Double {
                    random.uniform(example: example, term: term, sample: sample, component: component)
                }
                guard loss.targets == .reals else { return uniform(c) }
                let (even, angle) = (c - c % 2, 2 * Double.pi * uniform(c - c % 2 + 1))
                return (-2 * log(1 - uniform(even))).squareRoot() * (c % 2 == 0 ? cos(angle) : sin(angle))
            }
        }
    }

    @Test(arguments: LossCase.all, [Architecture.flat, .sequence, .grid])
    func drawnLabelsGiveTheDefinition(loss: LossCase, architecture: Architecture) throws {
        try expectDefinition(loss, architecture)
    }

    @Test(arguments: [LossCase.classes.last!, LossCase.probabilities.last!], [Architecture.classesSecond])
    func drawnLabelsInAnotherAxisGiveTheDefinition(loss: LossCase, architecture: Architecture) throws {
        try expectDefinition(loss, architecture)
    }

    private func expectDefinition(_ loss: LossCase, _ architecture: Architecture) throws {
        let (samples, seed) = (3, UInt64(5))
        for reduction in Loss.Reduction.allCases {
            let setup = try LossSetup(loss, architecture, reduction: reduction)
            let want = try DenseDefinition(setup).sampledGGN(
                samples: samples, draws: Self.draws(loss, seed: seed, outputs: architecture.outputs))
            let got = try valuesByName(["S = ggn(samples=3, seed=5) @ I"], setup.problem, batchSize: 3)["S"]!
            #expect(relativeError(got, want.values) < 1e-12)
        }
    }

    /// The draws, that is: sums over examples may round in another order, but a single other draw would change every
    /// digit.
    @Test(arguments: [LossCase.classes.last!, LossCase.probabilities.last!, LossCase.squared[3], LossCase.binary.last!])
    func drawsAreTheSameWhateverElseChanges(loss: LossCase) throws {
        let problem = try LossSetup(loss, .sequence).problem
        let request = "S = ggn(samples=4, seed=9) @ V"
        let want = try valuesByName([request], problem)["S"]!
        func expect(_ results: [String: [Double]], _ tolerance: Double = 1e-13) {
            #expect(relativeError(results["S"]!, want) <= tolerance)
        }
        for batch in [1, 2, 3, 6, 7, 50] { expect(try valuesByName([request], problem, batchSize: batch)) }
        expect(try valuesByName([request], problem, threads: 2), 0)
        expect(try valuesByName([request], problem, isNaive: true))
        expect(try valuesByName([request], problem, precision: .float32), 1e-4)
        let others = [
            "ggn(samples=4, seed=8) @ V", "loss", "hessian @ V", "ggn @ v", "ggn(samples=1, seed=9) @ v",
            "jacobian @ v",
        ]
        expect(try valuesByName(others + [request], problem, batchSize: 3))
        expect(try valuesByName([request] + others, problem, threads: 2, isNaive: true))
        // Column by column, merged with others, of a product: the operator stays the same matrix.
        let sum = ["S = ggn(samples=4, seed=9) @ V + 2 * hessian @ V"]
        let plan = try Plan(parseRequests(sum, in: problem), problem: problem)
        #expect(plan.rewrites.contains { $0.rule == "merge-cotangents" && $0.declined == nil })
        let hessian = try valuesByName(["H = hessian @ V"], problem)["H"]!
        let rest = zip(try valuesByName(sum, problem)["S"]!, hessian).map { $0 - 2 * $1 }
        #expect(relativeError(rest, want) < 1e-12)
        let results = try valuesByName(["D = ggn(samples=4, seed=9) @ I", "V"], problem)
        let dense = Matrix(rows: want.count / 3, columns: want.count / 3, results["D"]!)
        let block = Matrix(rows: dense.rows, columns: 3, results["V"]!)
        #expect(relativeError((dense * block).values, want) < 1e-13)
        #expect(relativeError(dense.transposed.values, dense.values) < 1e-13)
        let twice = try valuesByName(["T = ggn(samples=4, seed=9) @ ggn(samples=4, seed=9) @ V"], problem)["T"]!
        #expect(relativeError((dense * Matrix(rows: dense.rows, columns: 3, want)).values, twice) < 1e-12)
    }

    @Test(arguments: [LossCase.classes[0], LossCase.squared[0], LossCase.binary[0]])
    func seedsAndSamplesDiffer(loss: LossCase) throws {
        let problem = try LossSetup(loss, .sequence).problem
        let requests = [
            "a = ggn(samples=1) @ v", "b = ggn(samples=1, seed=0) @ v", "c = fisher(samples=1) @ v",
            "d = ggn(samples=1, seed=1) @ v",
            "e = ggn(samples=2) @ v", "f = ggn(samples=1, seed=4294967296) @ v", "g = ggn @ v",
        ]
        let results = try valuesByName(requests, problem)
        func error(_ a: String, _ b: String) -> Double { relativeError(results[a]!, results[b]!) }
        #expect(error("a", "b") == 0 && error("a", "c") == 0)
        let different = ["a", "d", "e", "f", "g"]
        for (index, a) in different.enumerated() {
            for b in different[..<index] { #expect(error(a, b) > 0.01, "\(a), \(b)") }
        }
    }

    /// The mean over seeds is the exact GGN, within five standard errors in each entry, and within a few percent
    /// altogether.
    @Test(arguments: LossCase.all)
    func theMeanOverSeedsIsExact(loss: LossCase) throws {
        let problem = try LossSetup(loss, .sequence).problem
        let seeds = 25
        let requests = (0..<seeds).map { "s\($0) = ggn(samples=200, seed=\($0)) @ v" } + ["exact = ggn @ v"]
        let results = try valuesByName(requests, problem)
        let exact = results["exact"]!
        let draws = (0..<seeds).map { results["s\($0)"]! }
        let mean = exact.indices.map { index in draws.reduce(0) { $0 + $1[index] } / Double(seeds) }
        for index in exact.indices {
            let variance =
                draws.reduce(0) { $0 + ($1[index] - mean[index]) * ($1[index] - mean[index]) } / Double(seeds - 1)
            let standardError = (variance / Double(seeds)).squareRoot()
            #expect(abs(mean[index] - exact[index]) <= 5 * standardError + 1e-15, "entry \(index)")
        }
        #expect(relativeError(mean, exact) < 0.03)
        // One seed alone is farther off: the draws do vary.
        #expect(relativeError(draws[0], exact) > 0.003)
    }

    @Test func manySamplesConverge() throws {
        let problem = try LossSetup(LossCase.classes.last!, .flat).problem
        let results = try valuesByName(
            ["few = ggn(samples=30) @ v", "many = ggn(samples=100000) @ v", "exact = ggn @ v"], problem)
        func error(_ name: String) -> Double { relativeError(results[name]!, results["exact"]!) }
        #expect(error("many") < 0.01)
        #expect(error("few") > error("many"))
    }
}
