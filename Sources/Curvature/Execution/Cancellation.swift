import Synchronization

/// A request to stop, which any thread may make. A run that finds it, between batches or steps of an iteration, throws `CancellationError`.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    init() {}
    /// Asks the run to stop at its next look: between batches, or after a step of an iteration.
    public func cancel() { flag.store(true, ordering: .relaxed) }
    /// Lets later runs go on.
    public func reset() { flag.store(false, ordering: .relaxed) }
    /// Whether somebody has asked since the last ``reset()``.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}
