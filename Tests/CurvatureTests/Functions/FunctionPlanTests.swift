import TensorIR
import Testing

@testable import Curvature

/// What plans of functions of operators look like: how often data are passed over, and what is shared.
@Suite struct FunctionPlanTests {
    private func plan(_ requests: [String], _ zoo: OperatorZoo) throws -> Plan {
        try Plan(parseRequests(requests, in: zoo.problem), problem: zoo.problem, options: float64Options)
    }
    private func count(_ plan: Plan, _ isWanted: (Plan.Step) -> Bool) -> Int { plan.steps.count(where: isWanted) }

    @Test func closedFormsNeedNoIteration() throws {
        let zoo = try OperatorZoo()
        let made = try plan(
            [
                "trace(kfac(fisher=type2) + 2 * identity)", "diagonal(diag(v) - 3 * low_rank(U))",
                "frobenius_norm(2 * kfac(fisher=type2))", "logdet(kfac(fisher=type2) + 0.1 * identity)",
                "logdet(kfac(fisher=type2) + 0.2 * identity)", "inverse(kfac(fisher=type2), damping=0.1) @ v",
            ], zoo)
        #expect(count(made) { if case .iteration = $0.work { true } else { false } } == 0)
        #expect(made.dataPasses == 1)
        // One decomposition serves all of them.
        let decompositions = made.steps.reduce(0) { count, step in
            guard case .algebra(let algebra) = step.work else { return count }
            let graph = algebra.step.graph
            return count + graph.nodes.count { graph.primitive($0) is SymmetricEigen }
        }
        #expect(decompositions == 1)
        #expect(made.rewrites.contains { $0.rule == OperatorGraph.closedForms })
    }

    /// What can be closed is, and the rest is one iteration.
    @Test func sumsAreGoneThrough() throws {
        let zoo = try OperatorZoo()
        let made = try plan(["trace(hessian + 2 * identity - 0.5 * ggn + diag(v), method=exact)"], zoo)
        #expect(count(made) { if case .iteration = $0.work { true } else { false } } == 1)
        let trace = try zoo.values(["trace(hessian)", "trace(ggn)", "dot(v, diagonal(identity))"])
        let got = try zoo.values(["trace(hessian + 2 * identity - 0.5 * ggn + diag(v), method=exact)"])
        #expect(abs(got[0][0] - (trace[0][0] + 52 - 0.5 * trace[1][0] + trace[2][0])) < 1e-10)
    }

    @Test func eigenvaluesAndEigenvectorsAreOneIteration() throws {
        let zoo = try OperatorZoo()
        let made = try plan(["eigenvalues(hessian, count=3)", "eigenvectors(hessian, count=3)"], zoo)
        #expect(count(made) { if case .iteration = $0.work { true } else { false } } == 1)
    }

    /// From the second product on no primal work is left.
    @Test(arguments: [
        "eigenvalues(hessian, count=2)", "trace(hessian, method=hutchinson, samples=100)",
        "inverse(hessian + 9 * identity, solver=cg) @ v",
    ])
    func productsGoOnFromKeptValues(request: String) throws {
        let zoo = try OperatorZoo()
        let run = try evaluate(["gradient", request], zoo.problem)
        let sweeps = run.plan.sweeps(run.measurement.stepRuns)
        #expect(sweeps.forward == 1)
        #expect(sweeps.tangent > 1)
        #expect(
            run.measurement.matmulFlops
                == run.plan.costs(run.measurement.stepRuns).reduce(0) { $0 + $1.cost.matmulFlops })
    }

    /// Without it the corrections would be taken for primal values.
    @Test func correctionsReadTheirOwnDecompositions() throws {
        let zoo = try OperatorZoo()
        let requests = ["trace(ekfac(fisher=type2))", "trace(ekfac(fisher=empirical))", "gradient"]
        let together = try zoo.values(requests)
        let apart = try requests.map { try zoo.values([$0], naive: true)[0] }
        for (one, other) in zip(together, apart) { #expect(relativeError(one, other) < 1e-12) }
        // Of one term for each example the trace is exact.
        let ggn = try zoo.values(["trace(ggn)"])[0]
        #expect(relativeError(together[0], ggn) < 1e-10)
    }

    @Test func smallMatricesAreSolvedDirectly() throws {
        let zoo = try OperatorZoo()
        let made = try plan(["inverse(dense(S13) + identity) @ diagonal(dense(S13))"], zoo)
        #expect(made.rewrites.contains { $0.rule == "choose-solver" && $0.after.hasPrefix("solver=direct") })
    }
}
