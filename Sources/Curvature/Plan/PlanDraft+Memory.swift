import TensorIR

extension PlanDraft {
    /// A plan for a batch size, or what it would take where `--memory` has not that much. It keeps as many batches' primal values as there
    /// is room for, where some pass would compute them again.
    func planned(batch: Int) -> (plan: Planner.Planned?, needed: Int) {
        let batches = planner.batches(of: batch)
        let limit = planner.options.memory
        let all = keeping.map { kept(batches, of: batches, batch: batch, $0) }
        if let all, all.memory.total <= limit { return (all, all.memory.total) }
        let steps = steps(batch: batch)
        let memory = MemoryUse(planner, steps: steps, batch: batch, primal: nil)
        guard memory.total <= limit else { return (nil, memory.total) }
        var planned = Planner.Planned(batch: batch, steps: steps, primal: nil, memory: memory, rewrites: [])
        guard let keeping, let all else { return (planned, memory.total) }
        if batches > 1 {
            let one = kept(1, of: batches, batch: batch, keeping)
            let more = (limit - one.memory.total) / max(1, one.primal!.slotBytes)
            if one.memory.total <= limit {
                let some = more > 0 ? kept(min(batches - 1, 1 + more), of: batches, batch: batch, keeping) : one
                return (some, some.memory.total)
            }
        }
        planned.rewrites = [
            Rewrite(
                rule: PrimalKeeping.rule, before: keeping.served, after: keeping.served,
                declined:
                    "keeping them takes \(MemoryUse.text(all.memory.total - memory.total)) more, and --memory leaves \(MemoryUse.text(max(0, limit - memory.total)))"
            )
        ]
        return (planned, memory.total)
    }

    /// The plan that keeps the primal values of `count` batches.
    private func kept(_ count: Int, of batches: Int, batch: Int, _ keeping: PrimalKeeping) -> Planner.Planned {
        let precision = planner.options.precision
        let layout = PrimalPlan.layout(keeping.nodes, graph: passes[0].pass.graph, precision, batch: batch)
        let fill = keeping.fill.map {
            ProgramPlan($0, results: [], leaving: keeping.nodes, precision: precision, examples: batch)
        }
        let primal = PrimalPlan(
            nodes: keeping.nodes.nodes, offsets: layout.offsets, slotBytes: layout.byteCount, keptBatches: count,
            isSingle: batches == 1, fill: fill)
        let steps = steps(batch: batch, keptBatches: count)
        let size = MemoryUse.text(primal.byteCount)
        let rewrite = Rewrite(
            rule: PrimalKeeping.rule, before: keeping.served,
            after: count >= batches
                ? "kept for all \(batches) batches, \(size)"
                : "kept for \(count) of \(batches) batches, \(size); the others are computed again, for --memory")
        return Planner.Planned(
            batch: batch, steps: steps, primal: primal,
            memory: MemoryUse(planner, steps: steps, batch: batch, primal: primal),
            rewrites: [rewrite])
    }
}
