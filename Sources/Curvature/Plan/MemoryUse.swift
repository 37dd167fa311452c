import TensorIR

/// What a plan takes of memory, in bytes: what `--memory` bounds.
package struct MemoryUse: Hashable, Sendable {
    /// The model's parameters, as they came and in the run's precision.
    package var parameters: Int
    package var constants: Int
    /// Vectors, blocks and intermediate values.
    package var values: Int
    /// What `run` returns.
    package var results: Int
    /// The largest program's buffers; programs run one after the other in one arena.
    package var arena: Int

    /// All but the arena.
    package var lasting: Int { parameters + constants + values + results }
    package var total: Int { parameters + constants + values + results + arena }

    init(problem: Problem, operators: OperatorGraph, stages: Stages, steps: [Plan.Step], precision: Precision) {
        let width = precision.storage.byteCount
        parameters = problem.model.parameters.reduce(0) { sum, parameter in
            let own = if case .float64 = parameter.values { 8 } else { 4 }
            return sum + parameter.count * (width + own)
        }
        let graphs = steps.map(\.program.schedule)
        constants = graphs.reduce(0) { sum, schedule in
            sum + schedule.leaves.reduce(0) { $0 + (schedule.graph.constantValue($1)?.count ?? 0) * 8 }
        }
        func bytes(_ value: Value) -> Int { operators.kind(value).shape.reduce(width, *) }
        values = stages.stored.reduce(0) { $0 + bytes($1) }
        results = stages.stored.filter { Set(stages.roots).contains($0) }.reduce(0) { $0 + bytes($1) }
        arena = steps.map(\.program.layout.byteCount).max() ?? 0
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
