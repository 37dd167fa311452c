import Foundation
import Testing

@testable import Curvature

/// Inverses of damped factors by Cholesky, beside those by eigendecompositions.
@Suite struct InvertFactorsTests {
    private func options(_ precision: Precision = .float64, disabled: Set<String> = []) -> PlanOptions {
        var options = PlanOptions()
        (options.precision, options.disabledRules) = (precision, disabled)
        return options
    }
    private func problem(_ name: String, _ architecture: Architecture = .flat) throws -> Problem {
        try .factored(name, architecture) { count in
            ["V": ([count, 3], .real(SeededNumbers(seed: 5).first(3 * count)))]
        }
    }
    private func run(_ requests: [String], _ problem: Problem, _ options: PlanOptions) throws -> (
        Plan, Execution, Results
    ) {
        let plan = try Plan(try parseRequests(requests, in: problem), problem: problem, options: options)
        let execution = try Execution(plan)
        return (plan, execution, try execution.run())
    }
    private func count(_ plan: Plan, _ isCounted: (KroneckerStep) -> Bool) -> Int {
        plan.steps.flatMap(\.values).count {
            if case .kronecker(let step, _) = plan.operators[$0] { isCounted(step) } else { false }
        }
    }
    private func inverses(_ plan: Plan) -> Int {
        count(plan) { if case .inverses = $0 { true } else { false } }
    }
    private func decompositions(_ plan: Plan) -> Int {
        count(plan) { if case .eigen = $0 { true } else { false } }
    }

    @Test(
        arguments: [
            ("mlp", Architecture.flat), ("twice, one bias", .flat), ("convolution", .flat), ("attention", .sequence),
        ], [Precision.float64, .float32])
    func bothWaysAgree(network: (name: String, architecture: Architecture), precision: Precision) throws {
        let problem = try problem(network.name, network.architecture)
        for form in ["kfac(fisher=type2", "kfac(fisher=forward_only", "kfoc(fisher=type2"] {
            for separate in [true, false] {
                let own = "\(form), separate_weight_and_bias=\(separate))"
                let requests = [
                    "a = inverse(\(own), damping=0.1) @ V",
                    "b = inverse(\(own), damping=0.2, damping_style=heuristic) @ V",
                ]
                let (plan, execution, got) = try run(requests, problem, options(precision))
                #expect(inverses(plan) == 2 && decompositions(plan) == 0)
                #expect(execution.warnings.isEmpty)
                #expect(execution.measurement.flops == plan.flops)
                let (other, _, want) = try run(requests, problem, options(precision, disabled: ["invert-factors"]))
                #expect(inverses(other) == 0 && decompositions(other) == 1)
                for name in ["a", "b"] {
                    let error = relativeError(got[name]!.values, want[name]!.values)
                    #expect(error < (precision == .float64 ? 1e-11 : 2e-4), "\(own) \(name): \(error)")
                }
            }
        }
    }

    /// What other requests decompose anyway is used.
    @Test func decompositionsThatAreThereAreUsed() throws {
        let problem = try problem("mlp")
        let inverse = "inverse(kfac, damping=0.1) @ V"
        func made(_ others: String...) throws -> (Int, Int, [Rewrite]) {
            let (plan, _, _) = try run([inverse] + others, problem, options())
            return (inverses(plan), decompositions(plan), plan.rewrites.filter { $0.rule == "invert-factors" })
        }
        let alone = try made("trace(kfac)", "kfac @ V", "inverse(kfac(fisher=type2) + identity) @ V")
        #expect(alone.0 == 1 && alone.1 == 1 && alone.2.map(\.declined) == [nil])
        for other in ["logdet(kfac + identity)", "ekfac @ V", "inverse(kfac + identity) @ V"] {
            let (inverses, decompositions, rewrites) = try made(other)
            #expect(inverses == 0 && decompositions == 1, "\(other)")
            #expect(rewrites.map(\.declined) == ["other requests need the eigendecompositions"])
        }
        func dampings(_ count: Int) -> [String] { (1..<count).map { "inverse(kfac, damping=\($0)) @ V" } }
        let (three, _, _) = try run([inverse] + dampings(3), problem, options())
        #expect(inverses(three) == 3 && decompositions(three) == 0)
        let (four, _, _) = try run([inverse] + dampings(4), problem, options())
        #expect(inverses(four) == 0 && decompositions(four) == 1)
        // The same inverse, used twice, is found once.
        let (twice, _, _) = try run([inverse, "inverse(kfac, damping=0.1) @ gradient"], problem, options())
        #expect(inverses(twice) == 1)
    }

    /// Of one example the input factor has rank 1, and pivots that are rounding: some of them negative.
    @Test func whatIsNotPositiveDefiniteIsAWarning() throws {
        let model = try TestNetwork.mlp([16, 3])
        let data = ArraySource([
            "inputs": ([1, 16], .real(SeededNumbers(seed: 3).first(16))), "targets": ([1], .int64([1])),
        ])
        let problem = try Problem(
            name: "one", model: model, loss: Loss(.crossEntropy()), data: data, vectors: ArraySource([:]))
        let (_, execution, _) = try run(
            ["norm(inverse(kfac(fisher=type2), damping=1e-30) @ gradient)"], problem, options())
        let warning = try #require(execution.warnings.first)
        #expect(execution.warnings.count == 1)
        #expect(
            warning.hasPrefix("inverse(kfac(fisher=type2), damping=1e-30): the ")
                && warning.hasSuffix(
                    " not positive definite with its damping, and inverted by eigenvectors; give more damping")
                && warning.contains("the input factor of '0.weight'"), "\(warning)")
    }
}
