/// When a solver stops.
package struct SolverOptions: Equatable, Sendable {
    /// Of the true residual, relative to the right-hand side, for each column.
    package var tolerance: Double
    package var maximumIterations: Int

    package init(tolerance: Double = 1e-5, maximumIterations: Int = 1000) {
        self.tolerance = tolerance
        self.maximumIterations = maximumIterations
    }

    func check(for task: String) throws {
        try requirePositive(tolerance, "tolerance", for: task)
        guard maximumIterations > 0 else {
            throw ProblemError(
                .options, "\(task): expected max_iterations of at least 1, found \(maximumIterations)")
        }
    }
}

func requirePositive(_ value: Double, _ name: String, for task: String) throws {
    guard value > 0, value.isFinite else {
        throw ProblemError(.options, "\(task): expected a positive \(name), found \(value)")
    }
}
