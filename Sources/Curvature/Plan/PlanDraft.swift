import TensorIR

/// Lowered requests, before a batch size is chosen and memory is given to them.
struct PlanDraft {
    let planner: Planner
    private let lowered: [Stages.Lowered]
    /// In order of first running.
    let passes: [Pass]
    /// The whole schedules of the passes.
    private let schedules: WholeSchedules
    /// What may be kept from one pass for another; nil where that saves nothing.
    let keeping: PrimalKeeping?

    struct Pass {
        var pass: DataPass
        /// Whether it runs more than once.
        var isIterated: Bool
    }

    init(_ planner: Planner, mostColumns: Int) throws {
        self.planner = planner
        // A naive plan shares nothing between passes.
        let shared = planner.options.isNaive ? nil : planner.network
        lowered = try planner.stages.lower(planner.operators, mostColumns: mostColumns) {
            try shared ?? NetworkLowering(planner.problem)
        }
        let views = shared.map { ViewLayouts($0.graph) }
        passes = PlanDraft.passes(lowered)
        schedules = WholeSchedules(passes.map(\.pass), views)
        keeping = shared.flatMap { [passes] in PrimalKeeping($0.graph, passes, planner, views!) }
    }

    private static func passes(_ stages: [Stages.Lowered], isIterated: Bool = false) -> [Pass] {
        stages.flatMap { stage -> [Pass] in
            switch stage {
            case .dataPass(let pass, _, let chunks): [Pass(pass: pass, isIterated: isIterated || chunks.count > 1)]
            case .algebra: []
            case .iteration(_, _, let bodies): bodies.flatMap { passes($0, isIterated: true) }
            }
        }
    }

    // MARK: Steps

    /// - Parameter keptBatches: How many batches' primal values are kept; nil for a plan that keeps none.
    func steps(batch: Int, keptBatches: Int? = nil) -> [Plan.Step] {
        var next = 0
        return steps(lowered, batch, keptBatches, &next)
    }

    private func steps(
        _ stages: [Stages.Lowered], _ batch: Int, _ keptBatches: Int?, _ next: inout Int
    ) -> [Plan.Step] {
        var steps: [Plan.Step] = []
        for stage in stages {
            switch stage {
            case .dataPass(let pass, let values, let chunks):
                let plan = passPlan(pass, index: next, chunks, batch, keptBatches)
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
                for body in bodies { inner.append(self.steps(body, batch, keptBatches, &next)) }
                let form = IterationForm(
                    iteration, planner.operators.kind(value), planner.operators, planner.options.precision)
                let plan = IterationPlan(
                    value: value, iteration: iteration, bodies: inner, expectedRuns: form.expectedRuns,
                    course: form.course, workspaceBytes: form.workspaceBytes)
                steps.append(Plan.Step(work: .iteration(plan), values: [value]))
            }
        }
        return steps
    }

    private func passPlan(
        _ pass: DataPass, index: Int, _ chunks: [Range<Int>?], _ batch: Int, _ keptBatches: Int?
    ) -> PassPlan {
        let results = placeable(pass)
        let precision = planner.options.precision
        let keeping = keptBatches == nil ? nil : keeping
        let leaving = index == 0 ? keeping?.leaving : nil
        let isFirst = leaving != nil
        let left: NodeSet = isFirst ? keeping!.nodes : []
        guard let keeping, let keptBatches, let cut = keeping.cuts[index] else {
            let full = ProgramPlan(
                leaving ?? schedules[index], results: results, leaving: left, precision: precision, examples: batch)
            return PassPlan(pass: pass, full: full, cut: nil, isFirst: isFirst, chunks: chunks)
        }
        if keptBatches >= planner.batches(of: batch), !isFirst {
            let program = ProgramPlan(cut, results: results, precision: precision, examples: batch)
            return PassPlan(pass: pass, full: nil, cut: program, isFirst: false, chunks: chunks)
        }
        // Both keep what lasts for a run, one after the other; what a batch needs shares a place.
        func both(_ transientStart: Int?) -> (full: ProgramPlan, cut: ProgramPlan) {
            let full = ProgramPlan(
                leaving ?? schedules[index], results: results, leaving: left, precision: precision, examples: batch,
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
}

extension DataPass {
    package var outputs: [Node] { results.flatMap(\.nodes) }
}
