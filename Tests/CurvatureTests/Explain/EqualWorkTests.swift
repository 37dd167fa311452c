import Testing

@testable import Curvature

/// After a run, naive totals are charged with the applications that the plan's iterations really needed.
@Suite struct EqualWorkTests {
    /// The naive plan runs as well, and counts what it is charged with: both take the same iterations, and not as many as expected.
    ///
    /// The two solves that are merged run to their last iteration, for the longest of them to be known.
    @Test(arguments: [
        ["x = inverse(ggn + 2 * identity, solver=cg, tolerance=1e-3) @ v", "loss"],
        [
            "x = inverse(ggn + 2 * identity, solver=cg, tolerance=1e-3) @ v",
            "y = inverse(hessian + 4 * identity, solver=cg, tolerance=1e-3) @ gradient",
        ],
        [
            "y = inverse(hessian + 4 * identity, solver=cg, tolerance=1e-3, preconditioner=diag(w)) @ v",
            "x = inverse(ggn + 2 * identity, solver=cg, tolerance=1e-3) @ y",
        ],
        [
            "x = inverse(ggn + 2 * identity, solver=cg, tolerance=1e-15, max_iterations=4) @ v",
            "y = inverse(ggn + 2 * identity, solver=cg, tolerance=1e-15, max_iterations=4) @ w",
        ],
        [
            "inverse(inverse(ggn + 2 * identity, solver=cg, tolerance=1e-3) + identity, solver=cg, tolerance=1e-3) @ v"
        ],
    ])
    func naiveIsChargedWithWhatItWouldRun(requests: [String]) throws {
        let (plan, naive) = try PlanCase(name: "", requests: requests).plans()
        let (execution, other) = (try Execution(plan), try Execution(naive))
        _ = try execution.run()
        _ = try other.run()
        let runs = RunTimes(
            loadSeconds: 0, compileSeconds: 0, measurements: [execution.measurement], peakBytes: Execution.peakBytes)
        let document = try PlanDocument(plan, naive: naive, runs: runs)
        #expect(document.totals.fused.matmulFlops == execution.measurement.matmulFlops)
        #expect(document.totals.naive.matmulFlops == other.measurement.matmulFlops)
        #expect(document.totals.naive.flops == other.measurement.flops)
        // Solves that were merged have no counts of their own.
        let isMerged = document.rewrites.contains { $0.rule == "merge-solves" && $0.declined == nil }
        if !isMerged { #expect(document.totals.naive.matmulFlops != naive.matmulFlops) }
        #expect(document.totals.naive.isEstimate == isMerged)
        #expect(!document.totals.fused.isEstimate)
    }

    /// Where a rule has removed the iteration, the naive one is charged as expected.
    @Test func withoutACounterpartItIsExpected() throws {
        let plan = PlanCase(name: "", requests: ["inverse(ggn + identity) @ (ggn + identity) @ v", "loss"])
        let (fused, naive) = try plan.plans()
        let document = try PlanDocument(fused, naive: naive, runs: fused.handMadeRun(applications: 3))
        #expect(document.totals.naive.isEstimate && !document.totals.fused.isEstimate)
        #expect(document.totals.naive.matmulFlops == naive.matmulFlops)
        let rewrite = try #require(document.rewrites.first { $0.rule == "cancel-inverses" })
        #expect(rewrite.isEstimate && rewrite.savesFlops > 0)
    }
}
