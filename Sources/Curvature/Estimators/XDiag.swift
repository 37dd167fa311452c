import Kernels

/// XDiag: the diagonal of a sketched part exactly, and of the rest by the random vector that is left out of the sketch, averaged over which
/// one that is.
///
/// Half of the products sketches and half is for A^T Q. Unbiased (signs as random vectors); exact where the rank of A is below the
/// sketch's.
///
/// Epperly, Tropp and Webber, "XTrace: making the most of every sample in stochastic trace estimation", 2024.
package final class XDiag {
    private let map: any LinearMap
    private let transpose: any LinearMap
    private let budget: SamplingBudget
    let workspace: Workspace
    private var sketch: SketchBasis
    /// A^T Q.
    private let z: Operand
    private let moments: DiagonalMoments

    /// - Parameters:
    ///   - transpose: the map's transpose; nil where it is symmetric.
    ///   - budget: counts products.
    package init(
        _ map: any LinearMap, transpose: (any LinearMap)? = nil, budget: SamplingBudget, seed: UInt64 = 0
    ) throws {
        try budget.check(for: "xdiag", least: 4)
        try map.requireSquare(for: "diagonal")
        (self.map, self.transpose, self.budget) = (map, transpose ?? map, budget)
        let layout = Layout(map.rows, map.width, map.storage, budget)
        workspace = Workspace(layout.whole)
        sketch = SketchBasis(map, layout.sketch, in: workspace, distribution: .rademacher, seed: seed)
        z = workspace[layout.z]
        moments = DiagonalMoments(layout.moments, in: workspace)
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, budget: SamplingBudget) -> Int {
        Layout(size, width, storage, budget).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let sketch: SketchBasis.Layout
        let z: WorkspaceLayout.Block
        let moments: DiagonalMoments.Layout

        init(_ size: Int, _ width: Int, _ storage: Storage, _ budget: SamplingBudget) {
            let capacity = min(budget.maximum / 2, size)
            sketch = SketchBasis.Layout(size: size, capacity: capacity, width: width, storage: storage, in: &whole)
            z = whole.block(storage, size, capacity)
            moments = DiagonalMoments.Layout(size, in: &whole)
        }
    }

    /// Writes the diagonal and the standard errors of its elements, each (n, 1).
    ///
    /// - Throws: what the maps throw, and `CancellationError`.
    package func run(
        into diagonal: Operand, standardErrors: Operand, monitor: IterationMonitor = .init()
    ) throws -> DiagonalEstimate {
        sketch.clear()
        var applications = 0
        var checkpoint = SamplingBudget.fewest
        while true {
            let range = try sketch.extend()
            try sketch.apply(transpose, to: range)
            sketch.blocks.store(sketch.y, to: range, of: z)
            applications += 2
            guard sketch.isFull || (sketch.count >= checkpoint && isAdaptive) else {
                try monitor.report(2 * sketch.count, .infinity)
                continue
            }
            checkpoint = 2 * sketch.count
            addSamples()
            let error = moments.relativeError(samples: sketch.count)
            try monitor.report(2 * sketch.count, error)
            if sketch.isFull || budget.isMet(value: 1, error: error, samples: sketch.count) {
                moments.finish(samples: sketch.count, diagonal: diagonal, standardErrors: standardErrors)
                return DiagonalEstimate(
                    relativeError: error, samples: 2 * sketch.count, applications: applications,
                    converged: budget.isFulfilled(value: 1, error: error))
            }
        }
    }

    private var isAdaptive: Bool {
        if case .tolerance = budget { return true }
        return false
    }

    /// For each random vector w, P being the projector on the sketch without it, diag(P A) + w * ((I - P) A w). In the coordinates of Q that
    /// is diag(Q Q^T A) + (Q s) * (w (s . r) - A^T Q s).
    private func addSamples() {
        moments.clear()
        let (count, x, y) = (sketch.count, sketch.x, sketch.y)
        let z = z.columns(0..<count)
        RowMoments.add(sketch.vectors, z, sums: moments.base, squares: nil)
        let directions = sketch.leaveOneOutDirections()
        for group in sketch.blocks.groups(of: count) {
            var s = SmallMatrix(count, group.count)
            var products = [Double](repeating: 0, count: group.count)
            for (place, i) in group.enumerated() {
                for k in 0..<count {
                    s[k, place] = directions[k, i]
                    products[place] += directions[k, i] * sketch.r[k, i]
                }
            }
            sketch.fillProbes(first: group.lowerBound)
            let (samples, images) = (x.columns(0..<group.count), y.columns(0..<group.count))
            sketch.orthonormalization.combine(z, s, into: images)
            ColumnCombination.run(products, samples, products.map { _ in -1 }, images)
            sketch.orthonormalization.combine(sketch.vectors, s, into: samples)
            RowMoments.add(samples, images, sums: moments.sums, squares: moments.squares)
        }
    }
}
