import Kernels
import Testing

@testable import Curvature

/// Primal values kept between passes: what they save, what they cost, and that they change no bit.
@Suite(.serialized) struct KeptPrimalTests {
    private func problem(_ sizes: [Int], examples: Int, relu: Bool = false) throws -> Problem {
        var numbers = SeededNumbers(seed: 11)
        let model = try TestNetwork.mlp(sizes)
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let data = ArraySource([
            "inputs": ([examples, sizes[0]], .real(numbers.array(examples * sizes[0]))),
            "targets": ([examples], .int64((0..<examples).map { Int64($0 % sizes.last!) })),
        ])
        let vectors = ArraySource([
            "v": ([count], .real(numbers.array(count))), "V": ([count, 3], .real(numbers.array(count * 3))),
            "w": ([count], .real(numbers.array(count))),
        ])
        return try Problem(name: "test", model: model, loss: Loss(.crossEntropy()), data: data, vectors: vectors)
    }
    private func plan(_ requests: [String], _ problem: Problem, _ change: (inout PlanOptions) -> Void = { _ in }) throws
        -> Plan
    {
        var options = PlanOptions()
        options.precision = .float64
        options.threads = 1
        change(&options)
        return try Plan(parseRequests(requests, in: problem), problem: problem, options: options)
    }

    /// One application of an iteration's operator in forward sweeps, once primal values are there.
    @Test(arguments: [
        ("hessian", 6), ("ggn", 4), ("empirical_fisher", 2), ("2 * hessian - 0.5 * ggn + 3 * empirical_fisher", 6),
        ("transpose(jacobian) @ jacobian", 4), ("ggn(samples=2)", 4),
    ])
    func aCachedProductCostsItsTangentSweeps(map: String, sweeps: Double) throws {
        let problem = try problem([Int](repeating: 16, count: 41), examples: 4)
        let forward = try plan(["loss"], problem).matmulFlops
        let plan = try plan(["inverse(\(map) + 30 * identity, solver=cg) @ v"], problem)
        func flops(applications: Int) -> Int {
            let inner = [StepRuns(runs: applications), StepRuns(runs: applications)]
            let body = Array(inner.prefix(plan.steps[0].bodyCount))
            return plan.costs([StepRuns(runs: 1, bodies: [body])])[0].cost.matmulFlops
        }
        let later = Double(flops(applications: 9) - flops(applications: 8)) / Double(forward)
        #expect(abs(later - sweeps) < 0.03 * sweeps, "\(later)")
    }

    @Test(arguments: [1, 4, 23], [1, 2])
    func measuredIsPredictedAndEqualToComputingAgain(batch: Int, threads: Int) throws {
        let problem = try problem([6, 9, 8, 4], examples: 23)
        let requests = ["x = inverse(hessian + 4 * identity, solver=cg) @ gradient", "loss", "y = ggn @ hessian @ v"]
        let kept = try plan(requests, problem) { ($0.batchSize, $0.threads) = (batch, threads) }
        let again = try plan(requests, problem) {
            ($0.batchSize, $0.threads, $0.disabledRules) = (batch, threads, ["keep-primals"])
        }
        #expect(kept.primal != nil && again.primal == nil)
        let (first, second) = (try Execution(kept), try Execution(again))
        let (a, b) = (try first.run(), try second.run())
        for (entry, other) in zip(a.entries, b.entries) { #expect(entry.values == other.values, "\(entry.name)") }
        for (execution, plan) in [(first, kept), (second, again)] {
            let costs = plan.costs(execution.measurement.stepRuns)
            #expect(execution.measurement.matmulFlops == costs.reduce(0) { $0 + $1.cost.matmulFlops })
            #expect(execution.measurement.flops == costs.reduce(0) { $0 + $1.cost.flops })
        }
        #expect(first.measurement.matmulFlops < second.measurement.matmulFlops)
        #expect(kept.sweeps.forward == 1)
    }

    /// Less memory keeps fewer batches, costs between all and none, and changes no bit.
    @Test func partOfTheBatchesFits() throws {
        let problem = try problem([6, 40, 30, 4], examples: 50)
        let requests = ["x = inverse(ggn + identity, solver=cg, max_iterations=6) @ v"]
        let all = try plan(requests, problem) { $0.batchSize = 8 }
        let slot = try #require(all.primal).slotBytes
        let none = try plan(requests, problem) { ($0.batchSize, $0.disabledRules) = (8, ["keep-primals"]) }
        var flops: [Int] = []
        var values: [[Double]] = []
        for kept in [7, 5, 1, 0] {
            let plan = try plan(requests, problem) {
                $0.batchSize = 8
                $0.memory = kept == 0 ? none.memory.total : all.memory.total - (7 - kept) * slot + slot / 2
            }
            if kept < 7 { #expect(plan.memory.total <= plan.options.memory) }
            #expect((plan.primal?.keptBatches ?? 0) == kept)
            let reason = plan.rewrites.first { $0.rule == "keep-primals" }
            #expect((reason?.declined != nil) == (kept == 0), "\(plan.rewrites)")
            let execution = try Execution(plan)
            values.append(try execution.run().entries[0].values)
            let costs = plan.costs(execution.measurement.stepRuns)
            #expect(execution.measurement.matmulFlops == costs.reduce(0) { $0 + $1.cost.matmulFlops })
            flops.append(execution.measurement.matmulFlops)
        }
        #expect(flops == flops.sorted() && Set(flops).count == 4)
        for other in values.dropFirst() { #expect(other == values[0]) }
    }

    /// `prepare()` once, then products with other vectors at the cached price, and new parameters at the full one.
    @Test func callersKeepPrimalValuesToo() throws {
        let problem = try problem([Int](repeating: 12, count: 31), examples: 10)
        let forward = try plan(["loss"], problem).matmulFlops
        let kept = try plan(["hessian @ v"], problem) {
            $0.keepsPrimalValues = true
            $0.batchSize = 4
        }
        let execution = try Execution(kept)
        try execution.prepare()
        let first = try execution.run().entries[0].values
        let cost = Double(execution.measurement.matmulFlops) / Double(forward)
        #expect(abs(cost - 6) < 0.2, "\(cost)")
        #expect(execution.measurement.matmulFlops == kept.matmulFlops)
        let plain = try Execution(plan(["hessian @ v"], problem) { $0.batchSize = 4 })
        #expect(try plain.run().entries[0].values == first)

        var numbers = SeededNumbers(seed: 5)
        let other = numbers.array(problem.shape.parameters)
        try execution.setVector("v", to: other)
        try plain.setVector("v", to: other)
        let allocations = Memory.allocationCount
        let moved = try execution.run()
        #expect(Memory.allocationCount == allocations + 1)
        #expect(try plain.run().entries[0].values == moved.entries[0].values)
        #expect(execution.measurement.matmulFlops == kept.matmulFlops)

        try execution.addToParameters(-0.1, times: moved.entries[0])
        try plain.addToParameters(-0.1, times: moved.entries[0])
        #expect(try execution.run().entries[0].values == plain.run().entries[0].values)
        #expect(execution.parameterValues == plain.parameterValues)
        let model = problem.model.with(execution.parameterValues)
        let fresh = try Problem(
            name: "moved", model: model, loss: problem.loss, data: problem.data,
            vectors: ArraySource(["v": ([other.count], .real(other))]))
        let want = try Execution(plan(["hessian @ v"], fresh) { $0.batchSize = 4 }).run().entries[0].values
        #expect(try execution.run().entries[0].values == want)
    }

    @Test func otherDataOfTheSameShapes() throws {
        let problem = try problem([6, 9, 4], examples: 12)
        var numbers = SeededNumbers(seed: 21)
        let inputs = numbers.array(12 * 6)
        let targets = (0..<12).map { Int64(($0 * 7) % 4) }
        let execution = try Execution(plan(["loss", "gradient", "ggn @ v"], problem) { $0.keepsPrimalValues = true })
        let before = try execution.run()
        try execution.setData(inputs: ([12, 6], inputs), targets: ([12], targets))
        let after = try execution.run()
        let fresh = try Problem(
            name: "other", model: problem.model, loss: problem.loss,
            data: ArraySource(["inputs": ([12, 6], .real(inputs)), "targets": ([12], .int64(targets))]),
            vectors: problem.vectors)
        let want = try Execution(plan(["loss", "gradient", "ggn @ v"], fresh)).run()
        for index in 0..<3 {
            #expect(relativeError(after.entries[index].values, want.entries[index].values) < 1e-13)
            #expect(relativeError(after.entries[index].values, before.entries[index].values) > 1e-3)
        }
        #expect {
            try execution.setData(
                inputs: ([11, 6], Array(inputs.prefix(66))), targets: ([11], Array(targets.prefix(11))))
        } throws: {
            "\($0)"
                == "arrays: expected 12 examples and targets as before, found 11 examples; compile again for other shapes"
        }
        #expect {
            try execution.setVector("x", to: [1])
        } throws: {
            "\($0)" == "no request uses a tensor 'x' (did you mean 'v'?)" || "\($0)" == "no request uses a tensor 'x'"
        }
    }

    /// Wide blocks are cut where memory is short; the last run may compute columns again, which changes nothing.
    @Test func blocksAreCutToFit() throws {
        let problem = try problem([6, 30, 30, 4], examples: 60)
        let requests = ["hessian @ V", "jacobian @ V", "gradient", "x = inverse(ggn + identity, solver=cg) @ V"]
        let whole = try plan(requests, problem)
        let want = try Execution(whole).run()
        var least = whole.memory.total
        var cut: Plan?
        while cut == nil, least > 1 << 12 {
            least = least * 9 / 10
            guard let smaller = try? plan(requests, problem, { $0.memory = least }) else { break }
            if smaller.steps.contains(where: {
                if case .dataPass(let pass) = $0.work { pass.chunks.count > 1 } else { false }
            }) {
                cut = smaller
            }
        }
        let smaller = try #require(cut)
        #expect(smaller.memory.total <= smaller.options.memory)
        let execution = try Execution(smaller)
        let got = try execution.run()
        for (entry, other) in zip(got.entries, want.entries) {
            #expect(relativeError(entry.values, other.values) < 1e-10, "\(entry.name)")
        }
        let costs = smaller.costs(execution.measurement.stepRuns)
        #expect(execution.measurement.matmulFlops == costs.reduce(0) { $0 + $1.cost.matmulFlops })
    }

    /// What `--memory` bounds is what is really held: within 15% for the whole run and for each step.
    @Test(arguments: [4, 60], [true, false])
    func memoryIsThePredicted(batch: Int, keeps: Bool) throws {
        let problem = try problem([40, 150, 120, 4], examples: 60)
        let plan = try plan(["hessian @ V", "x = inverse(ggn + identity, max_iterations=3) @ gradient"], problem) {
            $0.batchSize = batch
            if !keeps { $0.disabledRules = ["keep-primals"] }
        }
        let before = Memory.currentBytes
        Memory.resetPeak()
        let execution = try Execution(plan)
        let results = try execution.run()
        let model = plan.memory.model
        func isNear(_ measured: Int, _ predicted: Int) -> Bool {
            abs(Double(measured - before + model) / Double(predicted) - 1) < 0.15
        }
        #expect(isNear(Memory.peakBytes, plan.memory.total))
        for step in execution.measurement.steps { #expect(isNear(step.peakBytes, plan.memory.duringSteps)) }
        withExtendedLifetime(results) {}
    }

    @Test func cancellingStopsARun() async throws {
        let problem = try problem([6, 9, 8, 4], examples: 23)
        let execution = try Execution(plan(["inverse(ggn + identity, solver=cg) @ v"], problem) { $0.batchSize = 2 })
        let cancellation = execution.cancellation
        execution.progress = { _ in cancellation.cancel() }
        #expect(throws: CancellationError.self) { try execution.run() }
        cancellation.reset()
        execution.progress = nil
        let results = try await execution.runInBackground()
        #expect(results.entries[0].values.count == problem.shape.parameters)
    }
}

extension Plan.Step {
    /// Steps of an iteration's operator.
    fileprivate var bodyCount: Int {
        if case .iteration(let iteration) = work { iteration.bodies[0].count } else { 0 }
    }
}
