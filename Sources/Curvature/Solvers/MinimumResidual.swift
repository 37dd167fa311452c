import Kernels

/// MINRES: solves A x = b for symmetric A, indefinite and singular ones too, with the least residual in the Krylov space.
/// Where b is not in the range of A, the least-squares solution. Columns, residuals and restarts as in
/// ``ConjugateGradients``.
///
/// Paige and Saunders, "Solution of sparse indefinite systems of linear equations", 1975.
package final class MinimumResidual {
    private let map: any LinearMap
    private let preconditioner: (any LinearMap)?
    private let options: SolverOptions

    let workspace: Workspace
    private let blocks: SolverBlocks
    private let b: Operand
    private let x: Operand
    private let z: Operand
    private let v: Operand
    /// The last two residuals of the Lanczos process and room for the next; which is which rotates.
    private var lanczos: [Operand]
    /// The last two directions and room for the next.
    private var directions: [Operand]

    /// - Parameter preconditioner: symmetric positive definite, of the map's shape, width and storage.
    package init(_ map: any LinearMap, preconditioner: (any LinearMap)? = nil, options: SolverOptions = .init()) throws
    {
        let task = "minres"
        try options.check(for: task)
        try map.requireSquare(for: task)
        try preconditioner?.requireShape(of: map, for: task)
        self.map = map
        self.preconditioner = preconditioner
        self.options = options
        let layout = Layout(map.rows, map.width, map.storage, preconditioned: preconditioner != nil)
        let workspace = Workspace(layout.whole)
        self.workspace = workspace
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
        (b, x, v) = (workspace[layout.b], workspace[layout.x], workspace[layout.v])
        z = workspace[layout.z]
        lanczos = layout.lanczos.map { workspace[$0] }
        directions = layout.directions.map { workspace[$0] }
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, preconditioned: Bool) -> Int {
        Layout(size, width, storage, preconditioned: preconditioned).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let b, x, v, z, partials: WorkspaceLayout.Block
        var lanczos: [WorkspaceLayout.Block] = []
        var directions: [WorkspaceLayout.Block] = []

        init(_ size: Int, _ width: Int, _ storage: Storage, preconditioned: Bool) {
            b = whole.block(storage, size, width)
            x = whole.block(storage, size, width)
            v = whole.block(storage, size, width)
            z = preconditioned ? whole.block(storage, size, width) : v
            for _ in 0..<3 {
                lanczos.append(whole.block(storage, size, width))
                directions.append(whole.block(storage, size, width))
            }
            partials = SolverBlocks.partials(size, width, in: &whole)
        }
    }

    /// Solves for every column of `rightHandSides` (size, k) into `solutions` of the same sizes.
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
        try requireFinite(norms, firstColumn: group.lowerBound, for: "minres")
        var columns = norms.map { SolverColumn(norm: $0) }
        blocks.combine(blocks.zeros, b, blocks.zeros, x)
        blocks.combine(blocks.ones, b, blocks.zeros, lanczos[1])
        var iteration = 0
        while !columns.areDecided {
            try runCycle(&columns, &iteration, &report, monitor)
            // r = b - A x, the start of the next cycle.
            try map.apply(x, into: v)
            report.applications += 1
            blocks.combine(blocks.ones, b, blocks.zeros, lanczos[1])
            blocks.combine(blocks.ones.map { -$0 }, v, blocks.ones, lanczos[1])
            let residuals = blocks.norms(lanczos[1])
            for j in columns.indices {
                columns[j].judge(
                    trueNorm: residuals[j], isLast: iteration == options.maximumIterations, tolerance: options.tolerance
                )
            }
        }
        report.columns += columns.prefix(group.count).map { $0.report() }
    }

    /// The recurrences of one column; names as in the paper's later accounts.
    private struct Recurrence {
        var firstBeta = 0.0
        var oldBeta = 0.0
        var beta = 0.0
        var alpha = 0.0
        var deltaBar = 0.0
        var epsilon = 0.0
        var oldEpsilon = 0.0
        var delta = 0.0
        var gamma = 0.0
        var phi = 0.0
        var phiBar = 0.0
        var cosine = -1.0
        var sine = 0.0
        /// The squared Frobenius norm of the tridiagonal matrix so far.
        var squaredNorm = 0.0

        init(beta: Double) { (firstBeta, self.beta, phiBar) = (beta, beta, beta) }

        /// The next plane rotation; the norm of A r before it, relative to those of A and r.
        mutating func advance(nextBeta: Double) -> Double {
            squaredNorm += alpha * alpha + beta * beta + nextBeta * nextBeta
            (oldBeta, beta) = (beta, nextBeta)
            oldEpsilon = epsilon
            delta = cosine * deltaBar + sine * alpha
            let gammaBar = sine * deltaBar - cosine * alpha
            epsilon = sine * beta
            deltaBar = -cosine * beta
            let optimality = (gammaBar * gammaBar + deltaBar * deltaBar).squareRoot() / squaredNorm.squareRoot()
            gamma = max((gammaBar * gammaBar + beta * beta).squareRoot(), .leastNormalMagnitude)
            (cosine, sine) = (gammaBar / gamma, beta / gamma)
            (phi, phiBar) = (cosine * phiBar, sine * phiBar)
            return optimality
        }
    }

    /// Iterates from the residuals in `lanczos[1]` until no column is under way.
    private func runCycle(
        _ columns: inout [SolverColumn], _ iteration: inout Int, _ report: inout SolveReport,
        _ monitor: IterationMonitor
    ) throws {
        let (ones, zeros) = (blocks.ones, blocks.zeros)
        for block in [lanczos[0], directions[0], directions[1]] { blocks.combine(zeros, block, zeros, block) }
        let products = try applyPreconditioner(lanczos[1])
        var recurrences = products.map { Recurrence(beta: max($0, 0).squareRoot()) }
        refuse(products, &columns)
        for j in columns.indices where columns[j].isActive && products[j] == 0 {
            columns[j].status = .indefinitePreconditioner
        }
        let entryResiduals = columns.map(\.residual)
        // Below this, a residual has no part that A sees, and one more step would be a division by rounding errors. It is far
        // below any tolerance, because residuals of ill-conditioned systems come near it too.
        let leastSquaresTolerance = map.storage == .float32 ? 1e-5 : 1e-9

        while columns.haveActive && iteration < options.maximumIterations {
            let active = columns.activeMask
            let source = preconditioner == nil ? lanczos[1] : z
            blocks.combine(columns.indices.map { active[$0] == 0 ? 0 : 1 / recurrences[$0].beta }, source, zeros, v)
            try map.apply(v, into: lanczos[2])
            iteration += 1
            report.applications += 1
            blocks.combine(
                recurrences.map { $0.oldBeta == 0 ? 0 : -$0.beta / $0.oldBeta }, lanczos[0], ones, lanczos[2])
            let alphas = blocks.dots(v, lanczos[2])
            blocks.combine(
                columns.indices.map { active[$0] == 0 ? 0 : -alphas[$0] / recurrences[$0].beta }, lanczos[1], ones,
                lanczos[2])
            lanczos = [lanczos[1], lanczos[2], lanczos[0]]
            let products = try applyPreconditioner(lanczos[1])
            refuse(products, &columns)

            var optimality = zeros
            for j in columns.indices where columns[j].isActive {
                recurrences[j].alpha = alphas[j]
                optimality[j] = recurrences[j].advance(nextBeta: max(products[j], 0).squareRoot())
            }
            let moving = columns.activeMask
            // w = (v - oldEpsilon w1 - delta w2) / gamma
            let scales = columns.indices.map { moving[$0] == 0 ? 0 : 1 / recurrences[$0].gamma }
            blocks.combine(
                columns.indices.map { -recurrences[$0].oldEpsilon * scales[$0] }, directions[0], zeros, directions[2])
            blocks.combine(
                columns.indices.map { -recurrences[$0].delta * scales[$0] }, directions[1], ones, directions[2])
            blocks.combine(scales, v, ones, directions[2])
            directions = [directions[1], directions[2], directions[0]]

            var steps = zeros
            for j in columns.indices where columns[j].isActive {
                columns[j].iterations = iteration
                if optimality[j] <= leastSquaresTolerance {
                    // The residual before this step is orthogonal to the range: nothing more can be gained.
                    columns[j].status = .leastSquares
                    continue
                }
                steps[j] = recurrences[j].phi
                columns[j].residual = entryResiduals[j] * recurrences[j].phiBar / recurrences[j].firstBeta
                if !columns[j].residual.isFinite { columns[j].status = .notFinite }
                let exhausted = recurrences[j].beta <= 1e-15 * recurrences[j].squaredNorm.squareRoot()
                columns[j].claimed = columns[j].residual <= options.tolerance || exhausted
            }
            blocks.combine(steps, directions[1], ones, x)
            try monitor.report(iteration, columns.worstResidual)
        }
    }

    /// z = M r, and r^T z.
    private func applyPreconditioner(_ r: Operand) throws -> [Double] {
        guard let preconditioner else { return blocks.dots(r, r) }
        try preconditioner.apply(r, into: z)
        return blocks.dots(r, z)
    }

    private func refuse(_ products: [Double], _ columns: inout [SolverColumn]) {
        for j in columns.indices where columns[j].isActive {
            if !products[j].isFinite {
                columns[j].status = .notFinite
            } else if products[j] < 0 {
                columns[j].status = .indefinitePreconditioner
            }
        }
    }
}
