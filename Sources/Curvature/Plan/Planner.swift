import TensorIR

/// Chooses the batch size and lays out memory, from shapes and options alone.
struct Planner {
    let problem: Problem
    let operators: OperatorGraph
    let options: PlanOptions
    let stages: Stages

    /// Larger batches gain nothing: parts of them already keep every core busy, and activations leave the caches.
    static let largestBatch = 1024

    func plan(_ lowered: [Stages.Lowered]) throws -> (Int, [Plan.Step], MemoryUse) {
        let examples = problem.shape.examples
        let programs = lowered.map { stage in
            let results = results(of: stage)
            return (stage, results, Scheduler.schedule(stage.graph, outputs: results.map(\.node)))
        }
        func steps(_ batch: Int) -> [Plan.Step] {
            programs.enumerated().map { index, program in
                let (stage, results, schedule) = program
                // Results that come batch by batch, or with columns to be turned, are copied instead.
                let whole = results.filter(\.isWhole).map { ($0.node, $0.value, $0.start) }
                let work: Plan.Work =
                    switch stage {
                    case .dataPass(let pass): .dataPass(pass)
                    case .algebra(let step): .algebra(step)
                    }
                return Plan.Step(
                    work: work,
                    program: ProgramPlan(
                        schedule, results: whole, precision: options.precision, examples: batch, total: examples),
                    values: stages.stages[index].values)
            }
        }
        if let only = problem.model.onlyBatch {
            if let asked = options.batchSize, asked < only {
                throw ProblemError(
                    .options,
                    "--batch-size \(asked): the model's examples meet (\(problem.model.onlyBatchReason ?? "a reduction over examples")), so all \(only) run as one batch"
                )
            }
            return try checked(only, steps(only), isLast: true)!
        }
        if let asked = options.batchSize {
            let batch = min(asked, examples)
            return try checked(batch, steps(batch), isLast: true)!
        }
        var batch = min(examples, Planner.largestBatch)
        while true {
            if let plan = try checked(batch, steps(batch), isLast: batch == 1) { return plan }
            batch = (batch + 1) / 2
        }
    }

    private func checked(_ batch: Int, _ steps: [Plan.Step], isLast: Bool) throws -> (Int, [Plan.Step], MemoryUse)? {
        let memory = MemoryUse(
            problem: problem, operators: operators, stages: stages, steps: steps, precision: options.precision)
        if memory.total <= options.memory { return (batch, steps, memory) }
        guard isLast else { return nil }
        throw ProblemError(
            .memory,
            "--memory \(MemoryUse.text(options.memory)) is too small: with a batch of \(batch) the plan needs \(MemoryUse.text(memory.total)); give at least that"
                + (batch > 1 && options.batchSize != nil ? ", or a smaller --batch-size" : ""))
    }

    private func results(of stage: Stages.Lowered) -> [(node: Node, value: Value, start: Int, isWhole: Bool)] {
        switch stage {
        case .algebra(let step): return step.results.map { ($0.node, $0.value, 0, true) }
        case .dataPass(let pass):
            return pass.results.flatMap { result in
                let hasColumns = operators.kind(result.value).columns != nil
                var start = 0
                return result.nodes.map { node in
                    defer { start += pass.graph.shape(node).factor }
                    return (node, result.value, start, result.form != .examples && !hasColumns)
                }
            }
        }
    }
}

extension Stages.Lowered {
    var graph: TensorGraph {
        switch self {
        case .dataPass(let pass): pass.graph
        case .algebra(let step): step.graph
        }
    }
}
