import TensorIR

/// Lowered and scheduled requests, before memory is given to them.
struct PlanDraft {
    let planner: Planner
    private let lowered: [Stages.Lowered]
    /// The tensor graph that the passes share; nil where each has its own.
    private let graph: TensorGraph?
    /// Its views.
    private let views: ViewLayouts?
    /// For each data pass in order of first running: its whole schedule.
    private var schedules: [Schedule] = []

    init(_ planner: Planner, mostColumns: Int) throws {
        self.planner = planner
        // A naive plan shares nothing between passes.
        let shared = planner.options.isNaive ? nil : planner.network
        graph = shared?.graph
        lowered = try planner.stages.lower(planner.operators, mostColumns: mostColumns) {
            try shared ?? NetworkLowering(planner.problem)
        }
        views = graph.map { ViewLayouts($0) }
        schedules = passes(lowered).map { Scheduler.schedule($0.pass.graph, outputs: $0.pass.outputs, views: views) }
    }

    /// How primal values are kept, and what each program does for that.
    private struct Keeping {
        var nodes: NodeSet
        /// The first pass, which also leaves what is kept; and the passes that go on from there.
        var leaving: Schedule?
        var cuts: [Schedule?]
        var keptBatches: Int
        var slotBytes: Int
    }

    private typealias PassDraft = (pass: DataPass, isIterated: Bool)

    /// In order of first running.
    private func passes(_ stages: [Stages.Lowered], isIterated: Bool = false) -> [PassDraft] {
        stages.flatMap { stage -> [PassDraft] in
            switch stage {
            case .dataPass(let pass, _, let chunks): [(pass, isIterated || chunks.count > 1)]
            case .algebra: []
            case .iteration(_, _, let bodies): bodies.flatMap { passes($0, isIterated: true) }
            }
        }
    }

    // MARK: Steps

    func steps(batch: Int) -> [Plan.Step] { steps(batch: batch, keeping: nil) }

    private func steps(batch: Int, keeping: Keeping?) -> [Plan.Step] {
        var next = 0
        return steps(lowered, batch, keeping, &next)
    }

    private func steps(_ stages: [Stages.Lowered], _ batch: Int, _ keeping: Keeping?, _ next: inout Int) -> [Plan.Step]
    {
        var steps: [Plan.Step] = []
        for stage in stages {
            switch stage {
            case .dataPass(let pass, let values, let chunks):
                let plan = passPlan(pass, index: next, chunks, batch, keeping)
                next += 1
                steps.append(Plan.Step(work: .dataPass(plan), values: values))
            case .algebra(let step, let values):
                let program = ProgramPlan(
                    Scheduler.schedule(step.graph, outputs: step.results.map(\.node)),
                    results: step.results.map { ($0.node, $0.value, 0) }, precision: planner.options.precision,
                    examples: batch)
                steps.append(Plan.Step(work: .algebra(AlgebraPlan(step: step, program: program)), values: values))
            case .iteration(let iteration, let value, let bodies):
                var inner: [[Plan.Step]] = []
                for body in bodies { inner.append(self.steps(body, batch, keeping, &next)) }
                let form = IterationForm(
                    iteration, planner.operators.kind(value), planner.operators, planner.options.precision)
                let plan = IterationPlan(
                    value: value, iteration: iteration, bodies: inner, expectedRuns: form.expectedRuns,
                    workspaceBytes: form.workspaceBytes)
                steps.append(Plan.Step(work: .iteration(plan), values: [value]))
            }
        }
        return steps
    }

    private func passPlan(
        _ pass: DataPass, index: Int, _ chunks: [Range<Int>?], _ batch: Int, _ keeping: Keeping?
    ) -> PassPlan {
        let results = placeable(pass)
        let precision = planner.options.precision
        guard let keeping, let cut = keeping.cuts[index] else {
            let isFirst = keeping?.leaving != nil && index == 0
            let full = ProgramPlan(
                isFirst ? keeping!.leaving! : schedules[index], results: results,
                leaving: isFirst ? keeping!.nodes : [], precision: precision, examples: batch)
            return PassPlan(pass: pass, full: full, cut: nil, isFirst: isFirst, chunks: chunks)
        }
        let batches = (planner.problem.shape.examples + batch - 1) / batch
        let isFirst = keeping.leaving != nil && index == 0
        if keeping.keptBatches >= batches, !isFirst {
            let program = ProgramPlan(cut, results: results, precision: precision, examples: batch)
            return PassPlan(pass: pass, full: nil, cut: program, isFirst: false, chunks: chunks)
        }
        // Both keep what lasts for a run, one after the other; what a batch needs shares a place.
        func both(_ transientStart: Int?) -> (full: ProgramPlan, cut: ProgramPlan) {
            let full = ProgramPlan(
                isFirst ? keeping.leaving! : schedules[index], results: results,
                leaving: isFirst ? keeping.nodes : [], precision: precision, examples: batch,
                transientStart: transientStart)
            return (
                full,
                ProgramPlan(
                    cut, results: results, precision: precision, examples: batch, sharing: full,
                    start: full.layout.lastingEnd, transientStart: transientStart)
            )
        }
        let lasting = both(nil).cut.layout.lastingEnd
        let (full, program) = both(lasting)
        return PassPlan(pass: pass, full: full, cut: program, isFirst: isFirst, chunks: chunks)
    }

    /// Nodes that are whole results or parts of them. What comes batch by batch, or with columns to be turned, is copied instead.
    private func placeable(_ pass: DataPass) -> [(node: Node, value: Value, start: Int)] {
        pass.results.filter { $0.form != .examples && planner.operators.kind($0.value).columns == nil }.flatMap {
            result in
            var start = 0
            return result.nodes.map { node in
                defer { start += pass.graph.shape(node).factor }
                return (node, result.value, start)
            }
        }
    }

    // MARK: Keeping primal values

    /// A plan that keeps as many batches' primal values as the memory allows, where some pass would compute them again.
    func keepingPrimal(batch: Int, _ steps: [Plan.Step], _ memory: MemoryUse) -> Planner.Planned {
        var planned = Planner.Planned(batch: batch, steps: steps, primal: nil, memory: memory, rewrites: [])
        let passes = passes(lowered)
        let keepsForCaller = planner.options.keepsPrimalValues
        let readers = passes.indices.filter { $0 > 0 || passes[$0].isIterated || keepsForCaller }
        let rule = "keep-primals"
        guard let graph, !readers.isEmpty, !planner.options.disabledRules.contains(rule) else { return planned }
        let nodes = KeptValues.choose(graph, passes: readers.map { passes[$0].pass.outputs })
        guard !nodes.isEmpty else { return planned }
        var keeping = Keeping(
            nodes: nodes, leaving: nil, cuts: schedules.map { _ in nil }, keptBatches: 0, slotBytes: 0)
        let examples = planner.problem.shape.examples
        let precision = planner.options.precision
        func flops(_ schedule: Schedule) -> Int { schedule.cost(examples: examples, precision: precision).matmulFlops }
        var saved = 0
        for reader in readers {
            let cut = Scheduler.schedule(graph, outputs: passes[reader].pass.outputs, kept: nodes, views: views)
            let saving = flops(schedules[reader]) - flops(cut)
            guard saving > 0 else { continue }
            keeping.cuts[reader] = cut
            saved += saving
        }
        guard saved > 0 else { return planned }
        if !keepsForCaller {
            let own = NodeSet(passes[0].pass.outputs)
            let outputs = passes[0].pass.outputs + nodes.nodes.filter { !own.contains($0) }
            keeping.leaving = Scheduler.schedule(graph, outputs: outputs, views: views)
        }
        let layout = PrimalPlan.layout(nodes, graph, precision, batch: batch)
        keeping.slotBytes = layout.byteCount
        let batches = (examples + batch - 1) / batch
        func attempt(_ kept: Int) -> Planner.Planned {
            keeping.keptBatches = kept
            let fill: ProgramPlan? =
                keepsForCaller
                ? ProgramPlan(
                    Scheduler.schedule(graph, outputs: nodes.nodes, views: views), results: [], leaving: nodes,
                    precision: precision, examples: batch)
                : nil
            let primal = PrimalPlan(
                nodes: nodes.nodes, offsets: layout.offsets, slotBytes: layout.byteCount, keptBatches: kept,
                isSingle: batches == 1, fill: fill)
            let steps = self.steps(batch: batch, keeping: keeping)
            let memory = MemoryUse(planner, self, steps: steps, batch: batch, primal: primal)
            return Planner.Planned(batch: batch, steps: steps, primal: primal, memory: memory, rewrites: [])
        }
        let all = attempt(batches)
        var chosen: Planner.Planned? = all.memory.total <= planner.options.memory ? all : nil
        if chosen == nil, batches > 1 {
            let one = attempt(1)
            let more = (planner.options.memory - one.memory.total) / max(1, layout.byteCount)
            if one.memory.total <= planner.options.memory {
                chosen = more > 0 ? attempt(min(batches - 1, 1 + more)) : one
            }
        }
        let served = "primal values of \(readers.count(where: { keeping.cuts[$0] != nil })) pass(es)"
        guard var chosen else {
            planned.rewrites = [
                Rewrite(
                    rule: rule, before: served, after: served,
                    declined:
                        "keeping them takes \(MemoryUse.text(all.memory.total - memory.total)) more, and --memory leaves \(MemoryUse.text(max(0, planner.options.memory - memory.total)))"
                )
            ]
            return planned
        }
        let kept = chosen.primal!.keptBatches
        chosen.rewrites = [
            Rewrite(
                rule: rule, before: served,
                after: kept >= batches
                    ? "kept for all \(batches) batches, \(MemoryUse.text(chosen.primal!.byteCount))"
                    : "kept for \(kept) of \(batches) batches, \(MemoryUse.text(chosen.primal!.byteCount)); the others are computed again, for --memory"
            )
        ]
        return chosen
    }
}

extension DataPass {
    package var outputs: [Node] { results.flatMap(\.nodes) }
}
