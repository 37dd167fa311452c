import Kernels

/// LSMR: least squares solutions of A x = b for any A, rectangular ones too: MINRES on A^T A x = A^T b by the bidiagonalization
/// of Golub and Kahan, whose accuracy suffers from the condition of A and not from its square. Columns, residuals and restarts
/// as in ``ConjugateGradients``; `leastSquares` says that A^T r vanishes although r does not.
///
/// Fong and Saunders, "LSMR: an iterative algorithm for sparse least-squares problems", 2011.
package final class LeastSquaresMinimumResidual {
    private let map: any LinearMap
    private let transpose: any LinearMap
    private let options: SolverOptions

    let workspace: Workspace
    private let tall: SolverBlocks
    private let wide: SolverBlocks
    private let b: Operand
    private let u: Operand
    /// A v.
    private let image: Operand
    private let x: Operand
    private let v: Operand
    /// A^T u.
    private let preimage: Operand
    private let h: Operand
    private let hBar: Operand

    /// - Parameter transpose: the map's transpose, of the same width and storage.
    package init(_ map: any LinearMap, transpose: any LinearMap, options: SolverOptions = .init()) throws {
        try options.check(for: "lsmr")
        precondition(
            transpose.rows == map.columns && transpose.columns == map.rows && transpose.width == map.width
                && transpose.storage == map.storage, "not a transpose")
        self.map = map
        self.transpose = transpose
        self.options = options
        let layout = Layout(map.rows, map.columns, map.width, map.storage)
        let workspace = Workspace(layout.whole)
        self.workspace = workspace
        tall = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.tallPartials])
        wide = SolverBlocks(rows: map.columns, width: map.width, partials: workspace[layout.widePartials])
        (b, u, image) = (workspace[layout.b], workspace[layout.u], workspace[layout.image])
        (x, v, preimage) = (workspace[layout.x], workspace[layout.v], workspace[layout.preimage])
        (h, hBar) = (workspace[layout.h], workspace[layout.hBar])
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(rows: Int, columns: Int, width: Int, storage: Storage) -> Int {
        Layout(rows, columns, width, storage).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let b, u, image, x, v, preimage, h, hBar, tallPartials, widePartials: WorkspaceLayout.Block

        init(_ rows: Int, _ columns: Int, _ width: Int, _ storage: Storage) {
            b = whole.block(storage, rows, width)
            u = whole.block(storage, rows, width)
            image = whole.block(storage, rows, width)
            x = whole.block(storage, columns, width)
            v = whole.block(storage, columns, width)
            preimage = whole.block(storage, columns, width)
            h = whole.block(storage, columns, width)
            hBar = whole.block(storage, columns, width)
            tallPartials = SolverBlocks.partials(rows, width, in: &whole)
            widePartials = SolverBlocks.partials(columns, width, in: &whole)
        }
    }

    /// Solves for every column of `rightHandSides` (rows, k) into `solutions` (columns, k).
    ///
    /// - Throws: what the maps throw, `CancellationError`, and an error for right-hand sides that are not finite.
    package func run(
        rightHandSides: Operand, solutions: Operand, monitor: IterationMonitor = .init()
    ) throws -> SolveReport {
        precondition(rightHandSides.sizes[0] == map.rows && solutions.sizes == [map.columns, rightHandSides.sizes[1]])
        var report = SolveReport()
        for group in tall.groups(of: rightHandSides.sizes[1]) {
            tall.load(group, of: rightHandSides, into: b)
            try solve(group, &report, monitor)
            wide.store(x, to: group, of: solutions)
        }
        return report
    }

    private func solve(_ group: Range<Int>, _ report: inout SolveReport, _ monitor: IterationMonitor) throws {
        let norms = tall.norms(b)
        try requireFinite(norms, firstColumn: group.lowerBound, for: "lsmr")
        var columns = norms.map { SolverColumn(norm: $0) }
        let (ones, zeros) = (tall.ones, tall.zeros)
        wide.combine(zeros, x, zeros, x)
        tall.combine(ones, b, zeros, u)
        var residuals = norms
        var iteration = 0
        while !columns.areDecided {
            let operatorNorms = try runCycle(residuals, &columns, &iteration, &report, monitor)
            try map.apply(x, into: image)
            tall.combine(ones, b, zeros, u)
            tall.combine(ones.map { -$0 }, image, ones, u)
            residuals = tall.norms(u)
            try transpose.apply(u, into: preimage)
            report.applications += 2
            let gradients = wide.norms(preimage)
            for j in columns.indices {
                columns[j].judge(
                    trueNorm: residuals[j], isLast: iteration == options.maximumIterations,
                    isLeastSquares: gradients[j] <= options.tolerance * operatorNorms[j] * residuals[j]
                        && columns[j].claimed, tolerance: options.tolerance)
            }
        }
        report.columns += columns.prefix(group.count).map { $0.report() }
    }

    /// Iterates from the residuals in `u`, whose norms are given, until no column is under way. Returns estimates of the norm
    /// of A.
    private func runCycle(
        _ residuals: [Double], _ columns: inout [SolverColumn], _ iteration: inout Int, _ report: inout SolveReport,
        _ monitor: IterationMonitor
    ) throws -> [Double] {
        let (ones, zeros) = (tall.ones, tall.zeros)
        /// The gradient that counts as none: far below the tolerance, since small singular values hide in it.
        let leastSquaresTolerance = map.storage == .float32 ? 3e-7 : 1e-13
        let mask = columns.activeMask
        tall.combine(columns.indices.map { mask[$0] == 0 ? 0 : 1 / residuals[$0] }, u, zeros, u)
        try transpose.apply(u, into: v)
        report.applications += 1
        let alphas = wide.norms(v)
        wide.combine(alphas.map { $0 > 0 ? 1 / $0 : 0 }, v, zeros, v)
        wide.combine(ones, v, zeros, h)
        wide.combine(zeros, v, zeros, hBar)
        var recurrences = columns.indices.map {
            LeastSquaresRecurrence(beta: residuals[$0], alpha: alphas[$0], normOfRightHandSide: columns[$0].norm)
        }
        for j in columns.indices where columns[j].isActive && alphas[j] == 0 { columns[j].status = .leastSquares }

        while columns.haveActive && iteration < options.maximumIterations {
            try map.apply(v, into: image)
            tall.combine(ones, image, recurrences.map { -$0.alpha }, u)
            let betas = tall.norms(u)
            tall.combine(zeros, u, betas.map { $0 > 0 ? 1 / $0 : 0 }, u)
            try transpose.apply(u, into: preimage)
            iteration += 1
            report.applications += 2
            wide.combine(ones, preimage, betas.map { -$0 }, v)
            let alphas = wide.norms(v)
            wide.combine(zeros, v, alphas.map { $0 > 0 ? 1 / $0 : 0 }, v)

            var (back, step, next) = (zeros, zeros, zeros)
            for j in columns.indices where columns[j].isActive {
                let coefficients = recurrences[j].advance(beta: betas[j], alpha: alphas[j])
                (back[j], step[j], next[j]) = (-coefficients.back, coefficients.step, -coefficients.next)
                columns[j].iterations = iteration
                columns[j].residual = recurrences[j].relativeResidual
                if !step[j].isFinite || !columns[j].residual.isFinite {
                    columns[j].status = .notFinite
                    step[j] = 0
                }
                columns[j].claimed =
                    columns[j].residual <= options.tolerance || betas[j] == 0 || alphas[j] == 0
                    || recurrences[j].optimality <= leastSquaresTolerance
            }
            wide.combine(ones, h, back, hBar)
            wide.combine(step, hBar, ones, x)
            wide.combine(ones, v, next, h)
            for j in columns.indices { recurrences[j].alpha = alphas[j] }
            try monitor.report(iteration, columns.worstResidual)
        }
        return recurrences.map { $0.squaredOperatorNorm.squareRoot() }
    }
}
