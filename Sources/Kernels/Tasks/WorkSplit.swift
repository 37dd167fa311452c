/// Consecutive units of equal work, put together into tasks that are worth their cost. It depends on the
/// numbers alone.
struct WorkSplit {
    /// Operations below which a task costs more than it brings.
    static let smallestTask = 1 << 16
    private static let mostTasks = 256

    let units: Int
    let unitsOfTask: Int
    let count: Int

    init(units: Int, flopsOfUnit: Int) {
        self.units = units
        let flops = max(flopsOfUnit, 1)
        if flops.multipliedReportingOverflow(by: units).partialValue < 2 * WorkSplit.smallestTask {
            unitsOfTask = max(units, 1)
        } else {
            unitsOfTask = max(
                ceilingQuotient(WorkSplit.smallestTask, flops), ceilingQuotient(units, WorkSplit.mostTasks))
        }
        count = ceilingQuotient(units, unitsOfTask)
    }

    subscript(task: Int) -> Range<Int> {
        task * unitsOfTask..<min((task + 1) * unitsOfTask, units)
    }
}

/// The smallest number of parts of at most `divisor` that make up `dividend`.
func ceilingQuotient(_ dividend: Int, _ divisor: Int) -> Int {
    (dividend + divisor - 1) / divisor
}
