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
        case .solve(let options):
            let (size, width, storage) = (kind.shape[0], kind.columns ?? 1, precision.storage)
            switch options.solver {
            case .auto, .direct, .cg:
                return ConjugateGradients.workspaceBytes(
                    size: size, width: width, storage: storage, preconditioned: maps.count > 1)
            case .minres:
                return MinimumResidual.workspaceBytes(
                    size: size, width: width, storage: storage, preconditioned: maps.count > 1)
            case .lsmr:
                return LeastSquaresMinimumResidual.workspaceBytes(
                    rows: size, columns: size, width: width, storage: storage)
            case .neumann: return NeumannSeries.workspaceBytes(size: size, width: width, storage: storage)
            }
        }
    }
}
