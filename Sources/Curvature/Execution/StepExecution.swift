import Kernels

/// One step of a plan bound to memory.
protocol StepExecution: AnyObject {
    /// Reads what stays the same from run to run.
    func prepare(divisor: Double) throws
    func run(_ context: RunContext) throws
    /// Forgets what it measured.
    func resetMeasurement()
    var measurement: RunMeasurement.Step { get }
}

/// What the steps of a run share.
final class RunContext {
    let state = RunState()
    /// Iterations that run now, one within the other.
    var iterationDepth = 0
    let isCancelled: () -> Bool
    let progress: (RunProgress) -> Void

    init(isCancelled: @escaping () -> Bool, progress: @escaping (RunProgress) -> Void) {
        (self.isCancelled, self.progress) = (isCancelled, progress)
    }

    func checkCancelled() throws { if isCancelled() { throw CancellationError() } }

    /// Runs `body` and adds what it took to `measurement`.
    func measured(_ measurement: inout RunMeasurement.Step, _ body: () throws -> Void) rethrows {
        let before = (state.matmulFlops, state.flops, state.executedFlops)
        let start = ContinuousClock.now
        try body()
        measurement.seconds += (ContinuousClock.now - start).seconds
        measurement.matmulFlops += state.matmulFlops - before.0
        measurement.flops += state.flops - before.1
        measurement.executedFlops += state.executedFlops - before.2
        measurement.peakBytes = max(measurement.peakBytes, Memory.currentBytes)
        measurement.runs += 1
    }
}

/// Where a run is.
public enum RunProgress: Sendable {
    /// Batches of the data pass that runs now.
    case batch(done: Int, total: Int)
    /// An iteration, after each that is counted. Batches that are reported next are those of its products.
    case iteration(IterationProgress)
    /// An iteration is over, by itself or by an error.
    case iterationEnded(depth: Int)
}
