import Kernels

extension PlanDocument {
    /// - Parameters:
    ///   - naive: The same requests compiled with nothing shared, for the totals to stand beside.
    ///   - runs: What runs of the plan took, if it ran; and how long loading and compiling did.
    public init(_ plan: Plan, naive: Plan, runs: RunTimes? = nil) throws {
        let (problem, shape) = (plan.problem, plan.problem.shape)
        self.problem = ProblemPart(
            model: problem.name, examples: shape.examples, terms: shape.terms, outputs: shape.outputs,
            parameters: shape.parameters, batch: plan.batchSize, precision: plan.options.precision.rawValue,
            threads: plan.options.threadCount, oneBatch: problem.model.onlyBatchReason)
        requests = plan.requests.map {
            RequestPart(
                name: $0.name, kind: $0.expression.kind.name, shape: $0.expression.kind.shape, expression: $0.text)
        }
        // A rule's saving is the cost of the plan without it; its places share it.
        let savings = try plan.savings()
        var named: Set<String> = []
        rewrites = plan.rewrites.map { rewrite in
            let isFirst = rewrite.declined == nil && named.insert(rewrite.rule).inserted
            return RewritePart(
                rule: rewrite.rule, before: rewrite.before, after: rewrite.after,
                savesFlops: isFirst ? savings[rewrite.rule] ?? 0 : 0, declined: rewrite.declined)
        }
        let last = runs?.measurements.last
        let counts = last?.stepRuns ?? plan.expectedRuns
        var number = 0
        steps = PlanDocument.steps(plan, plan.steps, counts, plan.costs(counts), last?.steps, &number)
        totals = TotalsPart(
            fused: TotalPart(plan, counts), naive: TotalPart(naive, naive.expectedRuns),
            measured: runs.map { TotalMeasuredPart($0, plan) })
    }

    private static func steps(
        _ plan: Plan, _ steps: [Plan.Step], _ runs: [StepRuns], _ costs: [Plan.StepCost],
        _ measured: [RunMeasurement.Step]?, _ number: inout Int
    ) -> [StepPart] {
        let first = number
        let ids = steps.indices.map { _ -> Int in
            number += 1
            return number
        }
        var parts: [StepPart] = []
        for index in steps.indices {
            var part = step(plan, steps[index], runs[index], costs[index], measured?[index])
            part.id = ids[index]
            part.needs = steps.indices.filter {
                $0 < index && !steps[index].reads.isDisjoint(with: steps[$0].values)
            }.map { first + $0 + 1 }
            if case .iteration(let iteration) = steps[index].work {
                part.body = iteration.bodies.indices.map { map in
                    PlanDocument.steps(
                        plan, iteration.bodies[map], runs[index].bodies[map], costs[index].bodies[map],
                        measured?[index].bodies[map], &number)
                }.flatMap(\.self)
            }
            parts.append(part)
        }
        return parts
    }

    private static func step(
        _ plan: Plan, _ step: Plan.Step, _ runs: StepRuns, _ cost: Plan.StepCost, _ measured: RunMeasurement.Step?
    ) -> StepPart {
        let users = plan.operators.users(of: step.values, roots: plan.roots)
        let sweeps = plan.sweeps(step, runs)
        var part = StepPart(
            id: 0, kind: "algebra",
            serves: plan.requests.indices.filter { users.contains(plan.roots[$0]) }.map { plan.requests[$0].name },
            needs: [], computes: step.values.map { plan.operators.text($0) },
            sweeps: SweepsPart(forward: sweeps.forward, tangent: sweeps.tangent, backward: sweeps.backward),
            flops: cost.cost.flops, matmulFlops: cost.cost.matmulFlops, bytes: cost.cost.bytes,
            peakBytes: plan.memory.duringSteps, cachedBytes: 0, runs: runs.runs,
            measured: measured.map {
                MeasuredPart(
                    seconds: $0.seconds, flops: $0.flops, matmulFlops: $0.matmulFlops, executedFlops: $0.executedFlops,
                    // The model's own arrays are no buffers of a run.
                    peakBytes: $0.peakBytes + plan.memory.model)
            })
        switch step.work {
        case .algebra: break
        case .dataPass(let pass):
            part.kind = "data-pass"
            part.runs = runs.runs * pass.chunks.count
            if pass.cut != nil || pass.isFirst { part.cachedBytes = plan.memory.kept }
        case .iteration(let iteration):
            part.kind = "iteration"
            switch iteration.iteration.task {
            case .solve(let options):
                part.task =
                    "\(options.solverText), relative residual \(NumberText.text(of: options.tolerance)), at most \(options.mostIterations) iterations"
            }
            part.outcome = measured?.solves.last?.text
        }
        return part
    }
}

extension PlanDocument.TotalPart {
    fileprivate init(_ plan: Plan, _ runs: [StepRuns]) {
        let costs = plan.costs(runs)
        let sweeps = plan.sweeps(runs)
        self.init(
            dataPasses: costs.reduce(0) { $0 + $1.passes }, forwardSweeps: sweeps.forward,
            tangentSweeps: sweeps.tangent, backwardSweeps: sweeps.backward,
            flops: costs.reduce(0) { $0 + $1.cost.flops }, matmulFlops: costs.reduce(0) { $0 + $1.cost.matmulFlops },
            peakBytes: plan.memory.total)
    }
}

extension PlanDocument.TotalMeasuredPart {
    fileprivate init(_ runs: RunTimes, _ plan: Plan) {
        let seconds = runs.measurements.map(\.seconds)
        let last = runs.measurements.last!
        self.init(
            seconds: seconds.sorted()[seconds.count / 2], firstSeconds: seconds[0], minimumSeconds: seconds.min()!,
            loadSeconds: runs.loadSeconds, compileSeconds: runs.compileSeconds, flops: last.flops,
            matmulFlops: last.matmulFlops, executedFlops: last.executedFlops,
            peakBytes: runs.peakBytes + plan.memory.model,
            residentPeakBytes: ProcessMemory.residentPeak)
    }
}

/// What runs of a plan took.
public struct RunTimes: Sendable {
    public var loadSeconds: Double
    public var compileSeconds: Double
    /// At least one.
    public var measurements: [RunMeasurement]
    /// The most that the library's buffers took at once.
    public var peakBytes: Int
    public init(loadSeconds: Double, compileSeconds: Double, measurements: [RunMeasurement], peakBytes: Int) {
        (self.loadSeconds, self.compileSeconds) = (loadSeconds, compileSeconds)
        (self.measurements, self.peakBytes) = (measurements, peakBytes)
    }
}

extension OperatorGraph {
    /// All values that are made of one of `values`, themselves included.
    func users(of values: [Value], roots: [Value]) -> Set<Value> {
        var users = Set(values)
        for value in reachable(from: roots) where self[value].operands.contains(where: users.contains) {
            users.insert(value)
        }
        return users
    }
}

extension Plan {
    /// The multiply-adds that each rule which fired saves, as 2 each.
    fileprivate func savings() throws -> [String: Int] {
        var savings: [String: Int] = [:]
        for rule in Set(rewrites.filter { $0.declined == nil }.map(\.rule)) {
            var without = options
            without.disabledRules.insert(rule)
            savings[rule] = try Plan(requests, problem: problem, options: without).matmulFlops - matmulFlops
        }
        return savings
    }
}
