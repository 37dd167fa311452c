import Kernels

/// The diagonal by Rademacher vectors w: the mean of w * (A w), element by element. (With signs, the estimator's
/// denominator, the sum of w * w, is the number of samples.)
///
/// Unbiased; the variance of element i is the sum of squares of row i off the diagonal, over the samples.
///
/// Bekas, Kokiopoulou and Saad, "An estimator for the diagonal of a matrix", 2007.
package final class HutchinsonDiagonal {
    private let map: any LinearMap
    private let budget: SamplingBudget
    private let seed: UInt64
    let workspace: Workspace
    private let x: Operand
    private let y: Operand
    private let moments: DiagonalMoments

    package init(_ map: any LinearMap, budget: SamplingBudget, seed: UInt64 = 0) throws {
        try budget.check(for: "hutchinson")
        try map.requireSquare(for: "diagonal")
        (self.map, self.budget, self.seed) = (map, budget, seed)
        let layout = Layout(map.rows, map.width, map.storage)
        workspace = Workspace(layout.whole)
        (x, y) = (workspace[layout.x], workspace[layout.y])
        moments = DiagonalMoments(layout.moments, in: workspace)
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage) -> Int {
        Layout(size, width, storage).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let x, y: WorkspaceLayout.Block
        let moments: DiagonalMoments.Layout

        init(_ size: Int, _ width: Int, _ storage: Storage) {
            x = whole.block(storage, size, width)
            y = whole.block(storage, size, width)
            moments = DiagonalMoments.Layout(size, in: &whole)
        }
    }

    /// Writes the diagonal and the standard errors of its elements, each (n, 1).
    ///
    /// - Throws: what the map throws, and `CancellationError`.
    package func run(
        into diagonal: Operand, standardErrors: Operand, monitor: IterationMonitor = .init()
    ) throws -> DiagonalEstimate {
        moments.clear()
        var (samples, applications) = (0, 0)
        var error = Double.infinity
        while samples < budget.maximum {
            ProbeBlock.fill(x, .rademacher, seed: seed, purpose: ProbePurpose.probe.rawValue, first: samples)
            try map.apply(x, into: y)
            applications += 1
            let count = min(map.width, budget.maximum - samples)
            RowMoments.add(
                x.columns(0..<count), y.columns(0..<count), sums: moments.sums, squares: moments.squares)
            samples += count
            error = moments.relativeError(samples: samples)
            try monitor.report(samples, error)
            if budget.isMet(value: 1, error: error, samples: samples) { break }
        }
        moments.finish(samples: samples, diagonal: diagonal, standardErrors: standardErrors)
        return DiagonalEstimate(
            relativeError: error, samples: samples, applications: applications,
            converged: budget.isFulfilled(value: 1, error: error))
    }
}
