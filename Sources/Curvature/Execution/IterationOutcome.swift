/// What became of an iteration.
package enum IterationOutcome: Sendable {
    case solve(SolveReport)
    case estimate(Estimate)
    case diagonal(DiagonalEstimate)
    case eigenpairs(Eigenpairs)
    /// Singular vectors, with the worst residual norm relative to the singular value.
    case search(applications: Int, residual: Double, converged: Bool)
    /// A density from so many products.
    case density(applications: Int)
    /// An exact value, from so many products.
    case exact(applications: Int)

    package var solve: SolveReport? { if case .solve(let report) = self { report } else { nil } }

    var converged: Bool {
        switch self {
        case .solve(let report): report.converged
        case .estimate(let estimate): estimate.converged
        case .diagonal(let estimate): estimate.converged
        case .eigenpairs(let pairs): pairs.converged.allSatisfy(\.self)
        case .search(_, _, let converged): converged
        case .density, .exact: true
        }
    }

    /// For people: how it ended.
    var text: String {
        switch self {
        case .solve(let report): return report.text
        case .estimate(let estimate):
            let error = NumberText.text(of: estimate.standardError.rounded(digits: 2))
            return "\(estimate.samples) samples, standard error \(error)" + unfinished
        case .diagonal(let estimate):
            let error = NumberText.text(of: estimate.relativeError.rounded(digits: 2))
            return "\(estimate.samples) samples, relative standard error \(error)" + unfinished
        case .eigenpairs(let pairs):
            let worst = NumberText.text(of: (pairs.residuals.max() ?? 0).rounded(digits: 2))
            let restarts = pairs.restarts == 0 ? "" : ", \(pairs.restarts) restart\(pairs.restarts == 1 ? "" : "s")"
            let missing = pairs.converged.count { !$0 }
            let outcome = missing == 0 ? "" : "stopped: \(missing) of \(pairs.values.count) did not converge; "
            return "\(outcome)\(pairs.applications) products\(restarts), largest residual norm \(worst)"
        case .search(let applications, let residual, let converged):
            let worst = NumberText.text(of: residual.rounded(digits: 2))
            return "\(converged ? "" : "stopped: ")\(applications) products, largest relative residual \(worst)"
        case .density(let applications): return "\(applications) products"
        case .exact(let applications): return "exact, \(applications) product\(applications == 1 ? "" : "s")"
        }
    }

    private var unfinished: String { converged ? "" : ": above the tolerance" }

    /// What would help where it did not converge.
    var hint: String {
        switch self {
        case .solve(let report): report.hint
        case .estimate, .diagonal: "; give more samples or a larger tolerance"
        case .eigenpairs: "; give more max_iterations, a larger tolerance, or a smaller count"
        case .search: "; --precision float64, or ekfac, would do"
        case .density, .exact: ""
        }
    }
}

extension Double {
    /// With so many significant digits.
    func rounded(digits: Int) -> Double {
        guard self != 0, isFinite else { return self }
        var scale = 1.0
        var size = abs(self)
        let limit = (1..<digits).reduce(1.0) { power, _ in power * 10 }
        while size < limit { (size, scale) = (size * 10, scale * 10) }
        while size >= limit * 10 { (size, scale) = (size / 10, scale / 10) }
        return (self * scale).rounded() / scale
    }
}

extension SolveReport {
    /// What would help, of what every operator has.
    var hint: String {
        if columns.contains(where: { $0.status == .negativeCurvature }) {
            return
                "; solver=minres solves indefinite systems, and a larger multiple of identity makes this one definite"
        }
        if columns.contains(where: { $0.status == .iterationLimit }) {
            return "; give more max_iterations, a larger tolerance, or a preconditioner"
        }
        if columns.contains(where: { $0.status == .stagnated }) {
            return "; a larger tolerance, or --precision float64, would do"
        }
        return ""
    }
}
