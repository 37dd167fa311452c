extension PlanDocument {
    /// - Parameters:
    ///   - plan: What is described.
    ///   - naive: The same requests compiled with nothing shared, for the totals to stand beside. After a run its iterations are charged
    ///     with as many applications as the plan's really did, so that equal work is compared.
    ///   - runs: What runs of the plan took, if it ran; and how long loading and compiling did.
    ///   - machine: What the plan runs on; nil leaves it out.
    ///   - showsTrace: Whether the requests as asked and after each rule are part of it.
    /// - Complexity: One more compilation for each rule that fired: what it saves is the difference.
    public init(
        _ plan: Plan, naive: Plan, runs: RunTimes? = nil, machine: Machine? = .current, showsTrace: Bool = false
    ) throws {
        self.machine = machine.map(MachinePart.init)
        let (problem, shape) = (plan.problem, plan.problem.shape)
        self.problem = ProblemPart(
            model: problem.name, examples: shape.examples, terms: shape.terms, outputs: shape.outputs,
            parameters: shape.parameters, batch: plan.batchSize, precision: plan.options.precision.rawValue,
            threads: plan.options.threadCount, oneBatch: problem.model.onlyBatchReason)
        requests = plan.requests.map {
            RequestPart(
                name: $0.name, kind: $0.expression.kind.name, shape: $0.expression.kind.shape, expression: $0.text)
        }
        trace = showsTrace ? plan.trace.map { TracePart(rule: $0.rule, requests: $0.requests) } : nil
        let last = runs?.measurements.last
        let counts = plan.counts(last)
        let savings = try plan.savings(counts)
        // A rule's places share its saving.
        var named: Set<String> = []
        rewrites = plan.rewrites.map { rewrite in
            let isFirst = rewrite.declined == nil && named.insert(rewrite.rule).inserted
            let saving = isFirst ? savings[rewrite.rule] : nil
            return RewritePart(
                rule: rewrite.rule, before: rewrite.before, after: rewrite.after, savesFlops: saving?.flops ?? 0,
                isEstimate: saving?.isEstimate ?? false, declined: rewrite.declined)
        }
        factors = plan.factorsParts
        var number = 0
        steps = StepParts(plan: plan, map: nil).parts(
            plan.steps, counts.steps, plan.costs(counts.steps), last?.steps, &number)
        totals = TotalsPart(
            fused: TotalPart(plan, counts), naive: TotalPart(naive, naive.counts(applyingAs: plan, counts)),
            measured: runs.map { TotalMeasuredPart($0, plan) })
    }
}

extension PlanDocument.TotalPart {
    fileprivate init(_ plan: Plan, _ counts: RunCounts) {
        let costs = plan.costs(counts.steps)
        let sweeps = plan.sweeps(counts.steps)
        self.init(
            dataPasses: costs.reduce(0) { $0 + $1.passes }, forwardSweeps: sweeps.forward,
            tangentSweeps: sweeps.tangent, backwardSweeps: sweeps.backward,
            flops: costs.reduce(0) { $0 + $1.cost.flops }, matmulFlops: costs.reduce(0) { $0 + $1.cost.matmulFlops },
            peakBytes: plan.memory.total, isEstimate: counts.isEstimate)
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
            residentPeakBytes: runs.residentPeakBytes)
    }
}
