import Kernels

/// Hutch++: the trace is exact on a sketched range Q, tr(Q^T A Q), and Hutchinson's on the rest, (I - Q Q^T) A (I - Q Q^T).
///
/// A third of the products sketches, a third is for A Q, and the rest for samples, whose spread is the standard error. Unbiased; exact where the rank of A
/// is at most the sketch's. For positive semidefinite A the error falls as 1 / products instead of 1 / sqrt(products).
///
/// Meyer, Musco, Musco and Woodruff, "Hutch++: optimal stochastic trace estimation", 2021.
package final class HutchPlusPlus {
    private let map: any LinearMap
    private let budget: SamplingBudget
    private let distribution: ProbeBlock.Distribution
    private let seed: UInt64
    let workspace: Workspace
    private var sketch: SketchBasis

    /// - Parameter budget: counts products with A. With a tolerance, the sketch is the one for the maximum, and sampling stops
    ///   when the tolerance is met.
    package init(
        _ map: any LinearMap, budget: SamplingBudget, distribution: ProbeBlock.Distribution = .rademacher,
        seed: UInt64 = 0
    ) throws {
        try budget.check(for: "hutchpp", least: 3)
        try map.requireSquare(for: "trace")
        (self.map, self.budget, self.distribution, self.seed) = (map, budget, distribution, seed)
        let layout = Layout(map.rows, map.width, map.storage, budget)
        workspace = Workspace(layout.whole)
        sketch = SketchBasis(map, layout.sketch, in: workspace, distribution: distribution, seed: seed)
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, budget: SamplingBudget) -> Int {
        Layout(size, width, storage, budget).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let sketch: SketchBasis.Layout

        init(_ size: Int, _ width: Int, _ storage: Storage, _ budget: SamplingBudget) {
            sketch = SketchBasis.Layout(
                size: size, capacity: min(budget.maximum / 3, size), width: width, storage: storage, in: &whole)
        }
    }

    /// - Throws: what the map throws, and `CancellationError`.
    package func run(monitor: IterationMonitor = .init()) throws -> Estimate {
        sketch.clear()
        var applications = 0
        var exact = 0.0
        while !sketch.isFull {
            let range = try sketch.extend()
            try sketch.apply(map, to: range)
            exact += sketch.blocks.dots(sketch.x, sketch.y).reduce(0, +)
            applications += 2
            try monitor.report(2 * sketch.count, .infinity)
        }
        let (x, y, basis) = (sketch.x, sketch.y, sketch.vectors)
        var moments = SampleMoments()
        let most = max(budget.maximum - 2 * sketch.count, 1)
        sampling: while moments.count < most {
            ProbeBlock.fill(x, distribution, seed: seed, purpose: ProbePurpose.residual.rawValue, first: moments.count)
            for _ in 0..<2 {
                let c = sketch.orthonormalization.products(basis, x)
                sketch.orthonormalization.combine(basis, c, alpha: -1, beta: 1, into: x)
            }
            try map.apply(x, into: y)
            applications += 1
            for value in sketch.blocks.dots(x, y) where moments.count < most {
                moments.add(value)
                if budget.isMet(
                    value: exact + moments.mean, error: moments.standardError, samples: moments.count)
                {
                    break sampling
                }
            }
            try monitor.report(
                2 * sketch.count + moments.count, moments.standardError / abs(exact + moments.mean))
        }
        let value = exact + moments.mean
        return Estimate(
            value: value, standardError: moments.standardError, samples: 2 * sketch.count + moments.count,
            applications: applications, converged: budget.isFulfilled(value: value, error: moments.standardError))
    }
}
