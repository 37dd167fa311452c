import Kernels

/// Solutions of systems whose matrix is there and factorized, refined until the true residual is as small as the precision allows.
final class DenseSolution {
    private let matrix: Operand
    private let factors: DenseFactors
    private let tolerance: Double
    private let workspace: Workspace
    private let rows: Operand
    private let x: Operand
    private let r: Operand
    private let blocks: SolverBlocks

    /// - Parameters:
    ///   - matrix: (n, n), in the run's precision.
    ///   - width: Right-hand sides.
    init(matrix: Operand, factors: DenseFactors, width: Int, tolerance: Double) {
        (self.matrix, self.factors, self.tolerance) = (matrix, factors, tolerance)
        let layout = Layout(matrix.sizes[0], width)
        workspace = Workspace(layout.whole)
        (rows, x, r) = (workspace[layout.rows], workspace[layout.x], workspace[layout.r])
        blocks = SolverBlocks(rows: matrix.sizes[0], width: width, partials: workspace[layout.partials])
    }

    /// What an object of this class allocates.
    static func workspaceBytes(size: Int, width: Int) -> Int { Layout(size, width).whole.byteCount }

    private struct Layout {
        var whole = WorkspaceLayout()
        let rows, x, r, partials: WorkspaceLayout.Block

        init(_ size: Int, _ width: Int) {
            rows = whole.block(.float64, width, size)
            x = whole.block(.float64, size, width)
            r = whole.block(.float64, size, width)
            partials = SolverBlocks.partials(size, width, in: &whole)
        }
    }

    /// Corrections by the residual, of which the first is usually enough.
    private static let refinements = 2

    func run(rightHandSides: Operand, solutions: Operand) throws -> SolveReport {
        ColumnCombination.copy(rightHandSides, to: r)
        let norms = blocks.norms(r)
        try requireFinite(norms, firstColumn: 0, for: "inverse(solver=direct)")
        ColumnCombination.clear(x)
        var residuals = norms.map { $0 > 0 ? 1.0 : 0.0 }
        for step in 0...DenseSolution.refinements where step == 0 || residuals.contains(where: { $0 > tolerance }) {
            DenseSolution.transpose(r, to: rows)
            try factors.solve(rows)
            DenseSolution.addTransposed(rows, to: x)
            ColumnCombination.copy(x, to: solutions)
            ColumnCombination.copy(rightHandSides, to: r)
            BlockProducts.multiply(matrix, x, alpha: -1, beta: 1, into: r)
            residuals = zip(blocks.norms(r), norms).map { $1 > 0 ? $0 / $1 : 0 }
        }
        var report = SolveReport()
        report.columns = residuals.map {
            SolveReport.Column(
                status: $0 <= tolerance ? .converged : $0.isFinite ? .stagnated : .notFinite, relativeResidual: $0,
                iterations: 1)
        }
        return report
    }

    private static func transpose(_ x: Operand, to y: Operand) {
        let (n, k) = (x.sizes[0], x.sizes[1])
        x.withMutableSpan(of: Double.self) { x in
            y.withMutableSpan(of: Double.self) { y in
                for i in 0..<n { for j in 0..<k { y[j * n + i] = x[i * k + j] } }
            }
        }
    }
    private static func addTransposed(_ y: Operand, to x: Operand) {
        let (n, k) = (x.sizes[0], x.sizes[1])
        x.withMutableSpan(of: Double.self) { x in
            y.withMutableSpan(of: Double.self) { y in
                for i in 0..<n { for j in 0..<k { x[i * k + j] += y[j * n + i] } }
            }
        }
    }
}
