import Kernels

/// x = s (b + (I - s A) b + (I - s A)^2 b + ...), a number of terms: an approximation of A^-1 b where the eigenvalues of s A lie
/// between 0 and 2. The terms are the residuals on the way, so that convergence and divergence show without further
/// products.
///
/// Lorraine, Vicol and Duvenaud, "Optimizing millions of hyperparameters by implicit differentiation", 2020 (the use for
/// curvature).
package final class NeumannSeries {
    package struct Options: Equatable, Sendable {
        /// s.
        package var scale: Double
        /// Products with A, one less than the terms that are added.
        package var products: Int
        /// Stops early where the relative residual is below; nil adds all terms.
        package var tolerance: Double?

        package init(scale: Double = 1, products: Int = 100, tolerance: Double? = nil) {
            self.scale = scale
            self.products = products
            self.tolerance = tolerance
        }
    }

    /// Growth of the residual after which more terms are a waste, also where the operator is not normal and the residual may
    /// rise before it falls.
    private static let hopelessGrowth = 1e6

    private let map: any LinearMap
    private let options: Options
    let workspace: Workspace
    private let blocks: SolverBlocks
    private let b: Operand
    private let x: Operand
    private let r: Operand
    private let q: Operand

    package init(_ map: any LinearMap, options: Options = .init()) throws {
        let task = "neumann"
        guard options.scale != 0, options.scale.isFinite else {
            throw ProblemError(.options, "\(task): expected a scale other than 0, found \(options.scale)")
        }
        guard options.products > 0 else {
            throw ProblemError(.options, "\(task): expected at least 1 term, found \(options.products)")
        }
        if let tolerance = options.tolerance { try requirePositive(tolerance, "tolerance", for: task) }
        try map.requireSquare(for: task)
        self.map = map
        self.options = options
        let layout = Layout(map.rows, map.width, map.storage)
        workspace = Workspace(layout.whole)
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
        (b, x, r, q) = (workspace[layout.b], workspace[layout.x], workspace[layout.r], workspace[layout.q])
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage) -> Int {
        Layout(size, width, storage).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let b, x, r, q, partials: WorkspaceLayout.Block

        init(_ size: Int, _ width: Int, _ storage: Storage) {
            b = whole.block(storage, size, width)
            x = whole.block(storage, size, width)
            r = whole.block(storage, size, width)
            q = whole.block(storage, size, width)
            partials = SolverBlocks.partials(size, width, in: &whole)
        }
    }

    /// Approximates A^-1 b for every column of `rightHandSides` (size, k) into `solutions` of the same sizes. Without a
    /// tolerance, a column that did not diverge counts as converged.
    ///
    /// - Throws: what the map throws, `CancellationError`, and an error for right-hand sides that are not finite.
    package func run(
        rightHandSides: Operand, solutions: Operand, monitor: IterationMonitor = .init()
    ) throws -> SolveReport {
        try blocks.eachGroup(of: rightHandSides, into: b, solutions: solutions, from: x) { group, report in
            try sum(group, &report, monitor)
        }
    }

    private func sum(_ group: Range<Int>, _ report: inout SolveReport, _ monitor: IterationMonitor) throws {
        let norms = blocks.norms(b)
        try requireFinite(norms, firstColumn: group.lowerBound, for: "neumann")
        var columns = norms.map { SolverColumn(norm: $0) }
        let (ones, zeros, scale) = (blocks.ones, blocks.zeros, options.scale)
        blocks.combine(ones, b, zeros, r)
        blocks.combine(ones.map { _ in scale }, b, zeros, x)
        for product in 1...options.products where columns.haveActive {
            try map.apply(r, into: q)
            report.applications += 1
            let mask = columns.activeMask
            blocks.combine(mask.map { -scale * $0 }, q, ones, r)
            let residuals = blocks.norms(r)
            var steps = mask.map { scale * $0 }
            for j in columns.indices where columns[j].isActive {
                columns[j].iterations = product
                columns[j].residual = residuals[j] / norms[j]
                if !(columns[j].residual < NeumannSeries.hopelessGrowth) {
                    columns[j].status = .diverged
                    steps[j] = 0
                } else if let tolerance = options.tolerance {
                    // r is the residual before this term is added; the term only helps.
                    columns[j].claimed = columns[j].residual <= tolerance
                }
            }
            blocks.combine(steps, r, ones, x)
            try monitor.report(product, columns.worstResidual)
        }
        try map.apply(x, into: q)
        report.applications += 1
        blocks.combine(ones, b, zeros, r)
        blocks.combine(ones.map { -$0 }, q, ones, r)
        let residuals = blocks.norms(r)
        for j in columns.indices where norms[j] > 0 {
            columns[j].residual = residuals[j] / norms[j]
            if columns[j].status != nil { continue }
            if !(columns[j].residual < 1) {
                columns[j].status = .diverged
            } else if let tolerance = options.tolerance, columns[j].residual > tolerance {
                columns[j].status = .iterationLimit
            } else {
                columns[j].status = .converged
            }
        }
        report.columns += columns.prefix(group.count).map { $0.report() }
    }
}
