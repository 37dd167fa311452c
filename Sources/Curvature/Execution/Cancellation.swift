import Synchronization

/// A request to stop, which any thread may make. A run that finds it, between batches or steps of an iteration, throws `CancellationError`.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    init() {}
    public func cancel() { flag.store(true, ordering: .relaxed) }
    /// Lets later runs go on.
    public func reset() { flag.store(false, ordering: .relaxed) }
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}
