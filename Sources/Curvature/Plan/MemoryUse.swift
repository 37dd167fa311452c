import TensorIR

/// What a plan takes of memory, in bytes: what `--memory` bounds.
package struct MemoryUse: Hashable, Sendable {
    /// The model's parameters as they came.
    package var model: Int
    /// Those in the run's precision that are not used where they lie.
    package var parameters: Int
    package var constants: Int
    /// Vectors, blocks and intermediate values.
    package var values: Int
    /// What `run` returns.
    package var results: Int
    /// Primal values that passes keep for each other.
    package var kept: Int
    /// What solvers work with, all of them together.
    package var workspaces: Int
    /// What kernels take beside their operands, the largest at a time.
    package var scratch: Int
    /// The largest program's buffers; programs run one after the other in one arena.
    package var arena: Int

    /// All but the arena.
    package var lasting: Int { model + parameters + constants + values + results + kept + workspaces }
    package var total: Int { lasting + scratch + arena }
    /// While a step runs: results are made at the end.
    package var duringSteps: Int { total - results }

    init(_ planner: Planner, steps: [Plan.Step], batch: Int, primal: PrimalPlan?) {
        let width = planner.options.precision.storage.byteCount
        model = planner.problem.model.byteCount
        parameters = ParameterStore.byteCount(
            planner.problem.model, planner.options.precision, isShared: planner.options.sharesParameters)
        let programs = steps.flatMap { $0.leafSteps.flatMap(\.programs) } + [primal?.fill].compactMap(\.self)
        constants = programs.reduce(0) { sum, program in
            let schedule = program.schedule
            return sum + schedule.leaves.reduce(0) { $0 + (schedule.graph.constantValue($1)?.count ?? 0) * 8 }
        }
        func bytes(_ value: Value) -> Int {
            let kind = planner.operators.kind(value)
            return kind.shape.reduce(kind == .scalar || planner.operators[value].isWide ? 8 : width, *)
        }
        // Errors are float64, and results beside them.
        func errors(_ values: some Sequence<Value>) -> Int {
            values.reduce(0) { $0 + (planner.operators.errorKind(of: $1)?.shape.reduce(8, *) ?? 0) }
        }
        values = planner.stored.reduce(0) { $0 + bytes($1) } + errors(planner.stored)
        results =
            planner.stages.roots.reduce(0) { $0 + bytes($1) }
            + errors(planner.stages.roots.flatMap { planner.operators.errorTerms(of: $0)?.map(\.value) ?? [] })
        kept = primal?.byteCount ?? 0
        workspaces = MemoryUse.workspaces(steps)
        scratch = programs.map { $0.schedule.scratchBytes(examples: batch, width: width) }.max() ?? 0
        arena = programs.map(\.layout.byteCount).max() ?? 0
    }

    private static func workspaces(_ steps: [Plan.Step]) -> Int {
        steps.reduce(0) { sum, step in
            guard case .iteration(let iteration) = step.work else { return sum }
            return sum + iteration.workspaceBytes + iteration.bodies.reduce(0) { $0 + workspaces($1) }
        }
    }

    /// As people write it: "1.5 GiB".
    package static func text(_ bytes: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(bytes), 0)
        while value >= 1024, unit + 1 < units.count { (value, unit) = (value / 1024, unit + 1) }
        let rounded = (value * 10).rounded(.up) / 10
        return (rounded == rounded.rounded() || unit == 0 ? String(Int(rounded)) : String(rounded)) + " " + units[unit]
    }
}

extension Schedule {
    /// What its kernels take beside their operands, the largest at a time.
    ///
    /// A plan does not depend on the number of threads: this is for as many as a usual machine has.
    fileprivate func scratchBytes(examples: Int, width: Int) -> Int {
        steps.map { step in
            guard case .primitive(let node) = step.work else { return 0 }
            return graph.primitive(node).scratchBytes(
                graph.operands(node).map { graph.type($0) }, examples: examples, width: width
            ).prefix(8).reduce(0, +)
        }.max() ?? 0
    }
}
