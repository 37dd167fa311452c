import Foundation

extension Execution {
    /// Runs on a thread of its own, so that no thread of the cooperative pool is blocked; cancelling the task stops the run.
    ///
    /// The execution must not be used otherwise until this returns.
    /// - Throws: As ``run()`` does.
    public func runInBackground() async throws -> Results {
        let owner = Owner(execution: self)
        let cancellation = cancellation
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread { continuation.resume(with: Result { try owner.execution.run() }) }
                // Deep expressions are walked recursively.
                thread.stackSize = 8 << 20
                thread.start()
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    /// Hands the execution to the thread that runs it.
    private struct Owner: @unchecked Sendable {
        let execution: Execution
    }
}
