import Testing

@testable import Curvature

/// KFOC without its rearranged blocks: products with them find the same factors.
@Suite struct SearchedFactorTests {
    private static func problem(_ name: String) throws -> Problem {
        let network = try ProbedNetwork.named(name)
        let setup = try LossSetup(
            LossCase.classes[0], ProbedNetwork.architecture(name), network: network, parameters: ProbedNetwork.own)
        let count = setup.problem.shape.parameters
        return try Problem(
            name: name, model: setup.problem.model, loss: setup.problem.loss, data: setup.problem.data,
            vectors: ArraySource(["v": ([count], .real(SeededNumbers(seed: 1).first(count)))]),
            parameters: ProbedNetwork.own)
    }

    private static func values(
        _ name: String, _ fisher: KroneckerOptions.Fisher, limit: Int, joint: Bool = false, batch: Int? = 3,
        threads: Int = 1, precision: Precision = .float64, isNaive: Bool = false
    ) throws -> [String: [Double]] {
        let problem = try problem(name)
        let kfoc = "kfoc(fisher=\(fisher.rawValue), separate_weight_and_bias=\(!joint))"
        return try KroneckerLowering.$largestRearrangement.withValue(limit) {
            try valuesByName(
                ["x = \(kfoc) @ v", "n = frobenius_norm(\(kfoc))", "y = inverse(\(kfoc) + 0.1 * identity) @ v"],
                problem, batchSize: batch, threads: threads, precision: precision, isNaive: isNaive)
        }
    }

    @Test(
        arguments: ["mlp", "twice, one bias", "attention", "convolution", "transformer"],
        [KroneckerOptions.Fisher.type2, .mc, .empirical])
    func searchedFactorsAreThoseOfFormedBlocks(name: String, fisher: KroneckerOptions.Fisher) throws {
        for joint in [true, false] {
            let want = try Self.values(name, fisher, limit: 1 << 24, joint: joint)
            // Every layer searched, and only some of them.
            for limit in [0, 100] {
                let got = try Self.values(name, fisher, limit: limit, joint: joint)
                for (request, values) in want {
                    #expect(relativeError(got[request]!, values) < 1e-9, "\(request), limit \(limit)")
                }
            }
        }
    }

    @Test func batchesThreadsAndPrecisionChangeNothing() throws {
        let want = try Self.values("attention", .type2, limit: 0, batch: 7)
        for (request, values) in want {
            for batch in [1, 2, 5] {
                let got = try Self.values("attention", .type2, limit: 0, batch: batch)
                #expect(relativeError(got[request]!, values) < 1e-10, "\(request), batches of \(batch)")
            }
            let naive = try Self.values("attention", .type2, limit: 0, isNaive: true)
            #expect(relativeError(naive[request]!, values) < 1e-10, "\(request), naive")
            let narrow = try Self.values("attention", .type2, limit: 0, precision: .float32)
            #expect(relativeError(narrow[request]!, values) < 1e-4, "\(request), float32")
            let threads = try Self.values("attention", .type2, limit: 0, batch: 7, threads: 2)
            #expect(threads[request]! == values)
        }
    }

    /// There are no blocks that could be averaged, and factors by themselves are not averages of anything.
    @Test func searchedFactorsAreNotAveraged() throws {
        let problem = try Self.problem("mlp")
        try KroneckerLowering.$largestRearrangement.withValue(0) {
            let plan = try Plan(parseRequests(["kfoc @ v"], in: problem), problem: problem)
            let execution = try Execution(plan)
            let error = #expect(throws: ProblemError.self) { try execution.averageFactors(decay: 0.9) }
            #expect(error?.message.contains("factors of kfoc are searched") ?? false)
        }
    }

    /// A search is one iteration for all layers and all requests, each product one pass.
    @Test func oneSearchServesEverything() throws {
        let problem = try Self.problem("mlp")
        try KroneckerLowering.$largestRearrangement.withValue(0) {
            let requests = ["kfoc @ v", "trace(kfoc)", "inverse(kfoc + 0.1 * identity) @ v"]
            let plan = try Plan(parseRequests(requests, in: problem), problem: problem)
            let iterations = plan.steps.filter { if case .iteration = $0.work { true } else { false } }
            #expect(iterations.count == 1)
        }
    }
}
