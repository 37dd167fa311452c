/// What a rule saves: the plan without it less the plan with it.
struct RuleSaving {
    /// Multiply-adds of products, as 2 each.
    var flops: Int
    /// Whether it depends on how often an iteration applies its operators.
    var isEstimate: Bool
}

extension Plan {
    /// For each rule that fired. Rules build on each other, so that their savings do not add up to that of all.
    ///
    /// - Complexity: One more compilation for each rule that fired, at this plan's batch size.
    func savings(_ counts: RunCounts) throws -> [String: RuleSaving] {
        let own = matmulFlops(counts)
        var savings: [String: RuleSaving] = [:]
        // Naming a solver saves nothing: without the rule the same one is the default. What cannot be switched off has no saving either.
        for rule in Set(rewrites.filter { $0.declined == nil }.map(\.rule))
        where rule != ChooseSolver().name && PlanOptions.ruleNames.contains(rule) {
            let other = try without(rule)
            let theirs = other.counts(applyingAs: self, counts)
            savings[rule] = RuleSaving(
                flops: other.matmulFlops(theirs) - own, isEstimate: counts.isEstimate || theirs.isEstimate)
        }
        return savings
    }

    private func matmulFlops(_ counts: RunCounts) -> Int {
        costs(counts.steps).reduce(0) { $0 + $1.cost.matmulFlops }
    }

    private func without(_ rule: String) throws -> Plan {
        var options = options
        options.disabledRules.insert(rule)
        options.batchSize = batchSize
        do {
            return try Plan(requests, problem: problem, options: options)
        } catch let error as ProblemError where error.code == .memory {
            // What would not fit without the rule is compared with what would run if it did.
            options.memory = .max
            return try Plan(requests, problem: problem, options: options)
        }
    }
}
