import Kernels

/// Solves A x = b for symmetric positive definite A, all columns of a block together, each with coefficients of its own.
/// A column that has converged is frozen. The residual that decides is the true one, b - A x, computed where
/// the recurrence claims convergence; where it does not meet the tolerance, the column starts again from there.
///
/// Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems", 1952.
package final class ConjugateGradients {
    private let map: any LinearMap
    private let preconditioner: (any LinearMap)?
    private let options: SolverOptions

    let workspace: Workspace
    private let blocks: SolverBlocks
    private let b: Operand
    private let x: Operand
    private let r: Operand
    private let z: Operand
    private let p: Operand
    private let q: Operand

    /// - Parameter preconditioner: an approximate inverse, symmetric positive definite, of the map's shape, width and storage.
    package init(_ map: any LinearMap, preconditioner: (any LinearMap)? = nil, options: SolverOptions = .init()) throws
    {
        let task = "conjugate gradients"
        try options.check(for: task)
        try map.requireSquare(for: task)
        try preconditioner?.requireShape(of: map, for: task)
        self.map = map
        self.preconditioner = preconditioner
        self.options = options
        let layout = Layout(map.rows, map.width, map.storage, preconditioned: preconditioner != nil)
        workspace = Workspace(layout.whole)
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
        (b, x, r) = (workspace[layout.b], workspace[layout.x], workspace[layout.r])
        (z, p, q) = (workspace[layout.z], workspace[layout.p], workspace[layout.q])
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, preconditioned: Bool) -> Int {
        Layout(size, width, storage, preconditioned: preconditioned).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let b, x, r, z, p, q, partials: WorkspaceLayout.Block

        init(_ size: Int, _ width: Int, _ storage: Storage, preconditioned: Bool) {
            b = whole.block(storage, size, width)
            x = whole.block(storage, size, width)
            r = whole.block(storage, size, width)
            z = preconditioned ? whole.block(storage, size, width) : r
            p = whole.block(storage, size, width)
            q = whole.block(storage, size, width)
            partials = SolverBlocks.partials(size, width, in: &whole)
        }
    }

    /// Solves for every column of `rightHandSides` (size, k), k arbitrary, into `solutions` of the same sizes. Where a column
    /// does not converge, its last iterate is returned.
    ///
    /// - Throws: what the maps throw, `CancellationError`, and an error for right-hand sides that are not finite.
    package func run(
        rightHandSides: Operand, solutions: Operand, monitor: IterationMonitor = .init()
    ) throws -> SolveReport {
        try blocks.eachGroup(of: rightHandSides, into: b, solutions: solutions, from: x) { group, report in
            try solve(group, &report, monitor)
        }
    }

    private func solve(_ group: Range<Int>, _ report: inout SolveReport, _ monitor: IterationMonitor) throws {
        let norms = blocks.norms(b)
        try requireFinite(norms, firstColumn: group.lowerBound, for: "conjugate gradients")
        var columns = norms.map { SolverColumn(norm: $0) }
        let (ones, zeros) = (blocks.ones, blocks.zeros)
        blocks.combine(zeros, b, zeros, x)
        blocks.combine(ones, b, zeros, r)
        var squares = norms.map { $0 * $0 }
        // r^T z of the last direction; 0 where the next direction is the residual's: at the start, and after the
        // recurrence was found wrong.
        var last = zeros
        var iteration = 0

        while !columns.areDecided {
            if iteration == options.maximumIterations || !columns.haveActive {
                squares = try checkTrueResiduals(&columns, isLast: iteration == options.maximumIterations)
                report.applications += 1
                last = zeros
                if columns.areDecided { break }
            }
            let products: [Double]
            if let preconditioner {
                try preconditioner.apply(r, into: z)
                products = blocks.dots(r, z)
            } else {
                products = squares
            }
            var (a, c) = (zeros, zeros)
            for j in columns.indices where columns[j].isActive {
                guard products[j] > 0 else {
                    columns[j].status = products[j].isNaN ? .notFinite : .indefinitePreconditioner
                    continue
                }
                a[j] = 1
                c[j] = last[j] == 0 ? 0 : products[j] / last[j]
                last[j] = products[j]
            }
            blocks.combine(a, z, c, p)

            try map.apply(p, into: q)
            iteration += 1
            report.applications += 1
            let curvatures = blocks.dots(p, q)
            var steps = zeros
            for j in columns.indices where columns[j].isActive {
                columns[j].iterations = iteration
                if curvatures[j] > 0 && curvatures[j].isFinite {
                    steps[j] = last[j] / curvatures[j]
                } else if curvatures[j].isFinite {
                    columns[j].status = .negativeCurvature
                    report.negativeCurvature.append(
                        .init(
                            column: group.lowerBound + j, iteration: iteration, value: curvatures[j],
                            squaredNorm: blocks.dots(p, p)[j]))
                } else {
                    columns[j].status = .notFinite
                }
            }
            blocks.combine(steps, p, ones, x)
            blocks.combine(steps.map { -$0 }, q, ones, r)
            squares = blocks.dots(r, r)
            for j in columns.indices where columns[j].isActive {
                columns[j].residual = squares[j].squareRoot() / columns[j].norm
                if !columns[j].residual.isFinite { columns[j].status = .notFinite }
                columns[j].claimed = columns[j].residual <= options.tolerance
            }
            try monitor.report(iteration, columns.worstResidual)
        }
        // Whoever stopped for another reason than its residual has the recurrence's still.
        if columns.contains(where: {
            $0.status != .converged && $0.status != .iterationLimit && $0.status != .stagnated
        }) {
            _ = try checkTrueResiduals(&columns, isLast: true)
            report.applications += 1
        }
        report.columns += columns.prefix(group.count).map { $0.report() }
    }

    /// r = b - A x, and what follows from it.
    private func checkTrueResiduals(_ columns: inout [SolverColumn], isLast: Bool) throws -> [Double] {
        try map.apply(x, into: q)
        blocks.combine(blocks.ones, b, blocks.zeros, r)
        blocks.combine(blocks.ones.map { -$0 }, q, blocks.ones, r)
        let squares = blocks.dots(r, r)
        for j in columns.indices {
            columns[j].judge(trueNorm: squares[j].squareRoot(), isLast: isLast, tolerance: options.tolerance)
        }
        return squares
    }
}
