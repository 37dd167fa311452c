import Kernels

/// What the planner has to know of an iteration before it runs.
extension Iteration {
    /// Applications of each map that are expected: an estimate, for explain.
    func expectedRuns(entries: Int) -> [Int] {
        switch task {
        case .solve(let options):
            let iterations = min(options.mostIterations, entries, Iteration.usualIterations)
            // One product more checks the true residual.
            return [iterations + 1] + (maps.count > 1 ? [iterations] : [])
        }
    }

    private static let usualIterations = 20

    func workspaceBytes(_ kind: Kind, _ precision: Precision) -> Int {
        switch task {
        case .solve:
            ConjugateGradients.workspaceBytes(
                size: kind.shape[0], width: kind.columns ?? 1, storage: precision.storage,
                preconditioned: maps.count > 1)
        }
    }
}
