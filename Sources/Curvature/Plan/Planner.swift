import TensorIR

/// Chooses the batch size, how many columns of a block a run takes, and which primal values are kept, and lays out memory: from shapes and options
/// alone.
struct Planner {
    let problem: Problem
    let operators: OperatorGraph
    let options: PlanOptions
    let stages: Stages
    let stored: [Value]
    /// The network in the tensor graph that passes share; a naive plan does not share it.
    let network: NetworkLowering?

    struct Planned {
        var batch: Int
        var steps: [Plan.Step]
        var primal: PrimalPlan?
        var memory: MemoryUse
        var rewrites: [Rewrite]
    }

    /// Larger batches gain nothing: parts of them already keep every core busy, and activations leave the caches.
    static let largestBatch = 1024
    /// Smaller batches are tried only when blocks cannot be cut any further.
    static let smallestGoodBatch = 128

    /// In how many batches the examples run.
    func batches(of size: Int) -> Int { (problem.shape.examples + size - 1) / size }

    func plan() throws -> Planned {
        let widest = stored.compactMap { operators.kind($0).columns }.max() ?? 1
        var most = widest
        while true {
            let draft = try PlanDraft(self, mostColumns: most)
            if let planned = try plan(draft, isLast: most == 1) { return planned }
            most = (most + 1) / 2
        }
    }

    /// The largest batch that fits; nil where cutting blocks may help.
    private func plan(_ draft: PlanDraft, isLast: Bool) throws -> Planned? {
        let examples = problem.shape.examples
        if let only = problem.model.onlyBatch {
            if let asked = options.batchSize, asked < only {
                throw ProblemError(
                    .options,
                    "--batch-size \(asked): the model's examples meet (\(problem.model.onlyBatchReason ?? "a reduction over examples")), so all \(only) run as one batch"
                )
            }
            return try fitted(draft, [only], isLast: isLast)
        }
        if let asked = options.batchSize { return try fitted(draft, [min(asked, examples)], isLast: isLast) }
        var batches = [min(examples, Planner.largestBatch)]
        while let last = batches.last, last > (isLast ? 1 : Planner.smallestGoodBatch) {
            batches.append((last + 1) / 2)
        }
        return try fitted(draft, batches, isLast: isLast)
    }

    private func fitted(_ draft: PlanDraft, _ batches: [Int], isLast: Bool) throws -> Planned? {
        var least: (batch: Int, bytes: Int)?
        for batch in batches {
            let (plan, needed) = draft.planned(batch: batch)
            if let plan { return plan }
            if least == nil || needed < least!.bytes { least = (batch, needed) }
        }
        guard isLast, let least else { return nil }
        throw ProblemError(
            .memory,
            "--memory \(MemoryUse.text(options.memory)) is too small: with a batch of \(least.batch) the plan needs \(MemoryUse.text(least.bytes)); give at least that"
                + (least.batch > 1 && options.batchSize != nil ? ", or a smaller --batch-size" : ""))
    }
}
