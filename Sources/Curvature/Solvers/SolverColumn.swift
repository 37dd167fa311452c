/// Where one right-hand side of a solve is.
struct SolverColumn {
    /// Of the right-hand side.
    let norm: Double
    /// Nil until it is decided.
    var status: SolveReport.Status?
    /// Relative.
    var residual = 1.0
    var iterations = 0
    /// A recurrence says that it is done; the true residual has not been looked at.
    var claimed = false
    /// At the last claim.
    private var trueResidual = Double.infinity

    init(norm: Double) {
        self.norm = norm
        if norm == 0 { (status, residual) = (.converged, 0) }
    }

    var isActive: Bool { status == nil && !claimed }

    /// Draws the consequence of the true residual, an absolute norm. What stays undecided starts again from there.
    ///
    /// - Parameter isLeastSquares: whether A^T r vanishes to the tolerance.
    mutating func judge(trueNorm: Double, isLast: Bool, isLeastSquares: Bool = false, tolerance: Double) {
        guard norm > 0 else { return }
        residual = trueNorm / norm
        if status == .leastSquares && residual <= tolerance { status = .converged }
        guard status == nil else { return }
        if residual <= tolerance {
            status = .converged
        } else if !residual.isFinite {
            status = .notFinite
        } else if isLeastSquares {
            status = .leastSquares
        } else if isLast {
            status = .iterationLimit
        } else if claimed && !(residual < 0.5 * trueResidual) {
            status = .stagnated
        } else {
            (claimed, trueResidual) = (false, residual)
        }
    }

    func report() -> SolveReport.Column {
        guard let status else { preconditionFailure("a column without a decision") }
        return .init(status: status, relativeResidual: residual, iterations: iterations)
    }
}

extension [SolverColumn] {
    var areDecided: Bool { allSatisfy { $0.status != nil } }
    var haveActive: Bool { contains(where: \.isActive) }
    var worstResidual: Double { map(\.residual).max() ?? 0 }

    /// 1 for the columns that are under way, and 0.
    var activeMask: [Double] { map { $0.isActive ? 1 : 0 } }
}
