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
                        "\(own.map { OneLine.quotedName($0) }.joined(separator: ", ")): \(worst.text)\(often)\(hint(worst, iteration))"
                    )
                }
                for (body, inner) in zip(iteration.bodies, measured.bodies) { visit(body, inner, own) }
            }
        }
        visit(plan.steps, measurement.steps, nil)
        return warnings + indefiniteFactors
    }

    /// Damped factors that Cholesky could not invert.
    private var indefiniteFactors: [String] {
        plan.stored.compactMap { value in
            guard case .kronecker(.inverses(let product), _) = plan.operators[value] else { return nil }
            let layout = plan.operators.layouts[product.options]!
            let matrices = product.inverses(layout).matrices
            let marks = resources.values[value].doubles.suffix(matrices.count)
            let names = zip(matrices, marks).filter { $1 == 1 }.map { entry, _ in
                let block = layout.blocks[entry.block]
                let side = block.factors.count == 1 ? "block" : entry.axis == 0 ? "output factor" : "input factor"
                return "the \(side) of '\(plan.problem.parameters[block.parameters[0]].name)'"
            }
            guard !names.isEmpty else { return nil }
            let found = names.count == 1 ? "is" : "are"
            return
                "\(product): \(names.joined(separator: ", ")) \(found) not positive definite with its damping, and inverted by eigenvectors; give more damping"
        }
    }

    /// What would help. An operator whose matrix is no burden can do without iterations.
    private func hint(_ outcome: IterationOutcome, _ iteration: IterationPlan) -> String {
        guard let solve = outcome.solve, case .solve = iteration.iteration.task,
            !solve.columns.contains(where: { $0.status == .notFinite }), !isSolvedInOutputSpace(iteration.iteration)
        else { return outcome.hint }
        return solve.hint + (directHint(size: plan.operators.kind(iteration.value).shape[0]) ?? "")
    }

    /// Whether its preconditioner is the direct solution already.
    private func isSolvedInOutputSpace(_ iteration: Iteration) -> Bool {
        plan.operators.reachable(from: iteration.maps.dropFirst().map(\.body)).contains { value in
            if case .rootPullback = plan.operators[value] { true } else { false }
        }
    }

    /// Nil where the matrix would be a burden.
    func directHint(size: Int) -> String? {
        guard size <= Execution.largestDirect else { return nil }
        // The matrix as products give it, and its factors with their exchanged rows.
        let bytes = size * size * plan.options.precision.storage.byteCount + (size + 1) * size * 8
        return "; solver=direct needs no iterations, but \(MemoryUse.text(bytes)) for the matrix of \(size) x \(size)"
    }

    /// The factors of a matrix of this size take half a minute on one processor, its products one for each row.
    private static let largestDirect = 5000
}

extension Plan {
    /// The requests that need one of the values.
    func requestNames(using values: [Value]) -> [String] {
        let users = operators.users(of: values, roots: roots)
        return requests.indices.filter { users.contains(roots[$0]) }.map { requests[$0].name }
    }
}
