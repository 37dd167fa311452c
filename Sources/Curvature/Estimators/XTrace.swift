import Kernels

/// XTrace: as Hutch++, but every random vector serves both the sketch and, left out of it, a sample. The samples are averaged over
/// which vector is left out.
///
/// Half of the products sketches and half is for A Q. Unbiased; exact where the rank of A is below the sketch's. The spread of the
/// samples, which are not quite independent, is the paper's error estimate. With normal vectors, what is left of a vector outside of the
/// sketch is scaled to its expected length (the paper's improved normalization), which keeps unbiasedness.
///
/// Epperly, Tropp and Webber, "XTrace: making the most of every sample in stochastic trace estimation", 2024.
package final class XTrace {
    private let map: any LinearMap
    private let budget: SamplingBudget
    private let distribution: ProbeBlock.Distribution
    let workspace: Workspace
    private var sketch: SketchBasis
    /// A Q.
    private let z: Operand

    /// - Parameter budget: counts products with A.
    package init(
        _ map: any LinearMap, budget: SamplingBudget, distribution: ProbeBlock.Distribution = .gaussian,
        seed: UInt64 = 0
    ) throws {
        try budget.check(for: "xtrace", least: 4)
        try map.requireSquare(for: "trace")
        (self.map, self.budget, self.distribution) = (map, budget, distribution)
        let layout = Layout(map.rows, map.width, map.storage, budget)
        workspace = Workspace(layout.whole)
        sketch = SketchBasis(map, layout.sketch, in: workspace, distribution: distribution, seed: seed)
        z = workspace[layout.z]
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, budget: SamplingBudget) -> Int {
        Layout(size, width, storage, budget).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let sketch: SketchBasis.Layout
        let z: WorkspaceLayout.Block

        init(_ size: Int, _ width: Int, _ storage: Storage, _ budget: SamplingBudget) {
            let capacity = min(budget.maximum / 2, size)
            sketch = SketchBasis.Layout(size: size, capacity: capacity, width: width, storage: storage, in: &whole)
            z = whole.block(storage, size, capacity)
        }
    }

    /// - Throws: what the map throws, and `CancellationError`.
    package func run(monitor: IterationMonitor = .init()) throws -> Estimate {
        sketch.clear()
        var applications = 0
        var checkpoint = SamplingBudget.fewest
        while true {
            let range = try sketch.extend()
            try sketch.apply(map, to: range)
            sketch.blocks.store(sketch.y, to: range, of: z)
            applications += 2
            // Samples are looked at each time that their number has doubled: it costs as much as all before.
            guard sketch.isFull || (sketch.count >= checkpoint && isAdaptive) else {
                try monitor.report(2 * sketch.count, .infinity)
                continue
            }
            checkpoint = 2 * sketch.count
            let moments = samples()
            let (value, error) = (moments.mean, moments.standardError)
            try monitor.report(2 * sketch.count, error / abs(value))
            if sketch.isFull || budget.isMet(value: value, error: error, samples: moments.count) {
                return Estimate(
                    value: value, standardError: error, samples: 2 * sketch.count, applications: applications,
                    converged: budget.isFulfilled(value: value, error: error))
            }
        }
    }

    private var isAdaptive: Bool {
        if case .tolerance = budget { return true }
        return false
    }

    /// One sample for each random vector w: with P the projector on the sketch without w, tr(P A P) + w^T (I - P) A (I - P) w.
    private func samples() -> SampleMoments {
        let count = sketch.count
        let z = z.columns(0..<count)
        let w = sketch.probeProducts(sketch.vectors)
        let t = sketch.probeProducts(z)
        var h = SmallMatrix(count, count)
        for group in sketch.blocks.groups(of: count) {
            h.set(
                sketch.orthonormalization.products(sketch.vectors, z.columns(group)), at: 0, group.lowerBound)
        }
        let directions = sketch.leaveOneOutDirections()
        let trace = (0..<count).reduce(0) { $0 + h[$1, $1] }
        var moments = SampleMoments()
        for i in 0..<count {
            let (s, wi, ti, ri) = (directions.column(i), w.column(i), t.column(i), sketch.r.column(i))
            let r = Array(ri.prefix(count))
            // P w = Q a.
            let along = dot(s, wi)
            let a = (0..<count).map { wi[$0] - along * s[$0] }
            // A w = Q r, so that no product with A is needed.
            let rest = dot(wi, r) - dot(ti, a) - dot(a, r) + dot(a, h * a)
            moments.add(trace - dot(s, h * s) + scale(i, a) * rest)
        }
        return moments
    }

    private func scale(_ i: Int, _ a: [Double]) -> Double {
        guard distribution == .gaussian else { return 1 }
        let outside = sketch.squaredNorms[i] - dot(a, a)
        return outside > 0 ? Double(map.rows - sketch.count + 1) / outside : 1
    }
}
