import TensorIR

/// The schedules of a plan's passes where nothing is read that another pass has left, each made when it is first asked for: where primal
/// values are kept for all batches, few are.
final class WholeSchedules {
    private let passes: [DataPass]
    private let views: ViewLayouts?
    private var made: [Schedule?]

    /// - Parameter views: Those of the graph that the passes share; nil where each has its own.
    init(_ passes: [DataPass], _ views: ViewLayouts?) {
        (self.passes, self.views) = (passes, views)
        made = passes.map { _ in nil }
    }

    subscript(index: Int) -> Schedule {
        if let schedule = made[index] { return schedule }
        let schedule = Scheduler.schedule(passes[index].graph, outputs: passes[index].outputs, views: views)
        made[index] = schedule
        return schedule
    }
}
