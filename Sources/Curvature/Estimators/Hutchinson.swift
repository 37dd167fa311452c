import Kernels

/// Trace and squared Frobenius norm by random vectors w with E[w w^T] = I: the means of w^T A w and of norm(A w)^2.
///
/// Unbiased. For symmetric A the variance of the trace is 2 (norm(A)_F^2 - sum of squared diagonal elements) / samples with
/// Rademacher vectors, 2 norm(A)_F^2 / samples with normal ones: exact on diagonal matrices with the former.
///
/// Hutchinson, "A stochastic estimator of the trace of the influence matrix for Laplacian smoothing splines", 1989.
package final class Hutchinson {
    package enum Quantity: Hashable, Sendable { case trace, squaredFrobeniusNorm }

    private let map: any LinearMap
    private let quantity: Quantity
    private let budget: SamplingBudget
    private let distribution: ProbeBlock.Distribution
    private let seed: UInt64
    let workspace: Workspace
    private let blocks: SolverBlocks
    private let x: Operand
    private let y: Operand

    package init(
        _ map: any LinearMap, _ quantity: Quantity, budget: SamplingBudget,
        distribution: ProbeBlock.Distribution = .rademacher, seed: UInt64 = 0
    ) throws {
        try budget.check(for: "hutchinson")
        if quantity == .trace { try map.requireSquare(for: "trace") }
        (self.map, self.quantity, self.budget, self.distribution, self.seed) = (
            map, quantity, budget, distribution, seed
        )
        let layout = Layout(map.rows, map.columns, map.width, map.storage)
        workspace = Workspace(layout.whole)
        (x, y) = (workspace[layout.x], workspace[layout.y])
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(rows: Int, columns: Int, width: Int, storage: Storage) -> Int {
        Layout(rows, columns, width, storage).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let x, y, partials: WorkspaceLayout.Block

        init(_ rows: Int, _ columns: Int, _ width: Int, _ storage: Storage) {
            x = whole.block(storage, columns, width)
            y = whole.block(storage, rows, width)
            partials = SolverBlocks.partials(rows, width, in: &whole)
        }
    }

    /// - Throws: what the map throws, and `CancellationError`.
    package func run(monitor: IterationMonitor = .init()) throws -> Estimate {
        var moments = SampleMoments()
        var applications = 0
        sampling: while moments.count < budget.maximum {
            ProbeBlock.fill(x, distribution, seed: seed, purpose: ProbePurpose.probe.rawValue, first: moments.count)
            try map.apply(x, into: y)
            applications += 1
            let values = quantity == .trace ? blocks.dots(x, y) : blocks.dots(y, y)
            // One by one: where sampling stops does not depend on the width.
            for value in values where moments.count < budget.maximum {
                moments.add(value)
                if budget.isMet(value: moments.mean, error: moments.standardError, samples: moments.count) {
                    break sampling
                }
            }
            try monitor.report(moments.count, moments.standardError / abs(moments.mean))
        }
        return Estimate(
            value: moments.mean, standardError: moments.standardError, samples: moments.count,
            applications: applications,
            converged: budget.isFulfilled(value: moments.mean, error: moments.standardError))
    }
}
