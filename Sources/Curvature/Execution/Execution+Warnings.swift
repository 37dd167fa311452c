extension Execution {
    /// What a caller should know of the last run although it went to its end: systems that were not solved to their tolerance, estimates that
    /// did not reach theirs, in words.
    public var warnings: [String] {
        var warnings: [String] = []
        func visit(_ steps: [Plan.Step], _ measured: [RunMeasurement.Step], _ names: [String]?) {
            for (step, measured) in zip(steps, measured) {
                guard case .iteration(let iteration) = step.work else { continue }
                let own = names ?? plan.requestNames(using: step.values)
                if let worst = measured.outcomes.last(where: { !$0.converged }) {
                    let count = measured.outcomes.count { !$0.converged }
                    let runs = measured.outcomes.count
                    let often = runs == 1 ? "" : " (\(count) of \(runs) \(worst.solve == nil ? "runs" : "solves"))"
                    warnings.append(
                        "\(own.map { OneLine.quotedName($0) }.joined(separator: ", ")): \(worst.text)\(often)\(worst.hint)"
                    )
                }
                for (body, inner) in zip(iteration.bodies, measured.bodies) { visit(body, inner, own) }
            }
        }
        visit(plan.steps, measurement.steps, nil)
        return warnings
    }
}

extension Plan {
    /// The requests that need one of the values.
    func requestNames(using values: [Value]) -> [String] {
        let users = operators.users(of: values, roots: roots)
        return requests.indices.filter { users.contains(roots[$0]) }.map { requests[$0].name }
    }
}
