extension SolveReport {
    /// For people: how it ended.
    var text: String {
        let residual = NumberText.text(of: worstResidual.rounded(digits: 2))
        let all = columns.count == 1 ? "" : " (the worst of \(columns.count) right-hand sides)"
        let outcome = converged ? "converged" : "stopped: " + reasons.joined(separator: "; ")
        return
            "\(outcome) after \(iterations) iteration\(iterations == 1 ? "" : "s"), relative residual \(residual)\(all)"
    }

    private var reasons: [String] {
        var reasons: [String] = []
        for column in columns {
            let reason: String? =
                switch column.status {
                case .converged, .leastSquares: nil
                case .iterationLimit: "max_iterations reached"
                case .stagnated: "the residual does not fall any more"
                case .negativeCurvature: "the operator has negative curvature"
                case .indefinitePreconditioner: "the preconditioner is not positive definite"
                case .diverged: "the iteration diverges"
                case .notFinite: "a product is not finite"
                }
            if let reason, !reasons.contains(reason) { reasons.append(reason) }
        }
        return reasons
    }
}
