/// How an iteration reports where it is and learns that it should stop.
package struct IterationMonitor {
    /// Called after each iteration with its number, from 1, and what it is judged by: the worst relative residual, or the
    /// estimated error.
    package var progress: ((_ iteration: Int, _ measure: Double) -> Void)?
    /// Polled after each iteration.
    package var isCancelled: (() -> Bool)?

    package init(
        progress: ((_ iteration: Int, _ measure: Double) -> Void)? = nil, isCancelled: (() -> Bool)? = nil
    ) {
        self.progress = progress
        self.isCancelled = isCancelled
    }

    /// Throws `CancellationError` if the iteration should stop.
    func report(_ iteration: Int, _ measure: Double) throws {
        progress?(iteration, measure)
        if let isCancelled, isCancelled() { throw CancellationError() }
    }
}
