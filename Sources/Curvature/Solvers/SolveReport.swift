/// What became of each right-hand side of a solve.
package struct SolveReport: Equatable, Sendable {
    package enum Status: Equatable, Sendable {
        /// The true residual meets the tolerance.
        case converged
        case iterationLimit
        /// Going on did not reduce the true residual any more: the precision's limit, or a right-hand side outside of the range.
        case stagnated
        /// p^T A p <= 0 for a search direction p.
        case negativeCurvature
        /// r^T M r <= 0 for a residual r and the preconditioner M.
        case indefinitePreconditioner
        /// The residual grew beyond all hope (Neumann series).
        case diverged
        /// A product with the operator or the preconditioner was NaN or infinite.
        case notFinite
        /// A least-squares solution: A^T r vanishes to the tolerance although the residual r does not.
        case leastSquares
    }

    package struct Column: Equatable, Sendable {
        package var status: Status
        /// norm(b - A x) / norm(b), from a product with the x that is returned; 0 for b = 0.
        package var relativeResidual: Double
        package var iterations: Int
    }

    /// Evidence that an operator is not positive definite.
    package struct NegativeCurvature: Equatable, Sendable {
        package var column: Int
        package var iteration: Int
        /// p^T A p.
        package var value: Double
        /// p^T p.
        package var squaredNorm: Double
    }

    package var columns: [Column] = []
    /// Products with the operator (and its transpose, each counted), blocks counted once.
    package var applications = 0
    package var negativeCurvature: [NegativeCurvature] = []

    /// Iterations of the slowest column.
    package var iterations: Int { columns.map(\.iterations).max() ?? 0 }
    package var converged: Bool { columns.allSatisfy { $0.status == .converged || $0.status == .leastSquares } }
    package var worstResidual: Double { columns.map(\.relativeResidual).max() ?? 0 }
}
