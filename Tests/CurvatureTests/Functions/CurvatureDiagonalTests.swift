import Testing

@testable import Curvature

/// Exact diagonals of sums of outer products: squares of single gradients against products with all unit vectors.
@Suite struct CurvatureDiagonalTests {
    static let maps = ["ggn", "empirical_fisher", "ggn(samples=2, seed=3)"]

    private func check(_ problem: Problem, isComplete: Bool = true) throws {
        for map in Self.maps {
            let requests = ["d = diagonal(\(map), method=exact)", "t = trace(2 * \(map), method=exact)"]
            let byUnits = try evaluate(requests, problem, disabledRules: [OperatorGraph.closedForms])
            for batch in [1, 3, 7] {
                let run = try evaluate(requests, problem, batchSize: batch)
                for (index, request) in requests.enumerated() {
                    let error = relativeError(
                        run.results.entries[index].values, byUnits.results.entries[index].values)
                    #expect(error < 1e-11, "\(map), \(request), batches of \(batch): \(error)")
                }
                guard isComplete else { continue }
                #expect(run.plan.dataPasses == 1)
                #expect(run.measurement.matmulFlops == run.plan.matmulFlops)
                #expect(run.measurement.flops == run.plan.flops)
            }
        }
    }

    @Test(arguments: ProbedNetwork.all) func everyArchitecture(name: String) throws {
        let setup = try LossSetup(
            LossCase.classes[0], ProbedNetwork.architecture(name), network: .named(name),
            parameters: ProbedNetwork.own)
        // Grouped convolutions are left to unit vectors.
        try check(setup.problem, isComplete: name != "convolution")
    }

    @Test(
        arguments: LossCase.classes + LossCase.probabilities + LossCase.squared + LossCase.binary, ["mlp", "attention"])
    func everyLoss(loss: LossCase, name: String) throws {
        let setup = try LossSetup(
            loss, ProbedNetwork.architecture(name), network: .named(name), parameters: ProbedNetwork.own)
        for map in Self.maps {
            let request = ["diagonal(\(map), method=exact)"]
            let want = try evaluate(request, setup.problem, disabledRules: [OperatorGraph.closedForms]).results
            let got = try evaluate(request, setup.problem, batchSize: 3).results
            let error = relativeError(got.entries[0].values, want.entries[0].values)
            #expect(error < 1e-11, "\(map): \(error)")
        }
    }

    /// More columns than go together go group by group, the last of them smaller, in the same pass; where another method may do, it does.
    @Test(arguments: [1, 2, 5], ["mlp", "attention"]) func groupsOfColumns(most: Int, name: String) throws {
        let setup = try LossSetup(
            LossCase.classes[0], ProbedNetwork.architecture(name), network: .named(name),
            parameters: ProbedNetwork.own)
        let columns = setup.problem.shape.terms * setup.problem.shape.outputs
        try DiagonalLowering.$mostColumns.withValue(most) {
            try check(setup.problem)
            for (method, isGrouped) in [("exact", true), ("auto", false)] {
                let requests = try parseRequests(["t = trace(ggn, method=\(method))"], in: setup.problem)
                let plan = try Plan(requests, problem: setup.problem)
                let hasDiagonal = plan.steps.flatMap(\.values).contains {
                    if case .curvatureDiagonal = plan.operators[$0] { true } else { false }
                }
                #expect(hasDiagonal == (isGrouped || columns <= most), "\(method)")
            }
        }
    }

    /// What has no gradients example by example goes by unit vectors, and only that.
    @Test func otherParametersGoByUnitVectors() throws {
        var numbers = SeededNumbers(seed: 3)
        let problem = try Problem(
            model: .layers(
                Sequential(
                    Convolution2D(2, size: 2), Activation.tanh, TransposedConvolution2D(2, size: 2),
                    BatchNormalization(),
                    Flatten(), Linear(2)), inputShape: [1, 4, 4], seed: 2),
            loss: .crossEntropy(),
            data: .arrays([
                "inputs": HostArray(numbers.array(7 * 16), shape: [7, 1, 4, 4]),
                "targets": HostArray([0, 1, 1, 0, 1, 0, 0], shape: [7]),
            ]))
        try check(problem, isComplete: false)
        let plan = try Plan(
            parseRequests(["diagonal(ggn, method=exact)"], in: problem), problem: problem, options: float64Options)
        let iterations = plan.steps.filter { if case .iteration = $0.work { true } else { false } }
        #expect(iterations.count == 1)
        guard case .iteration(let iteration)? = iterations.first?.work else { return }
        // 2 x 2 x 2 x 2 weights and no others.
        #expect(plan.operators.kind(iteration.value) == .vector(16))
    }

    /// Everything of a call shares the forward sweep.
    @Test func oneForwardSweep() throws {
        let setup = try LossSetup(LossCase.classes[0], .flat, network: .named("mlp"), parameters: ProbedNetwork.own)
        let run = try evaluate(
            ["loss", "gradient", "diagonal(ggn)", "trace(empirical_fisher)", "kfac(fisher=type2) @ gradient"],
            setup.problem)
        #expect(run.plan.sweeps(run.measurement.stepRuns).forward == 1)
    }
}
