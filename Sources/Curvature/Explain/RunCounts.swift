/// How often each step of a plan runs, bodies of iterations included.
struct RunCounts {
    var steps: [StepRuns]
    /// Whether how often an iteration applies its operators is expected and not counted.
    var isEstimate: Bool
}

extension Plan {
    /// What a run counted, or what is expected where there was none.
    func counts(_ measurement: RunMeasurement?) -> RunCounts {
        RunCounts(
            steps: measurement?.stepRuns ?? expectedRuns, isEstimate: measurement == nil && Plan.iterates(steps))
    }

    /// The same for this plan if its iterations apply their operators as often as those of `other`, another plan of the same requests,
    /// so that both are charged with equal work.
    ///
    /// Iterations correspond in order of appearance. Where a rule merged or removed some of them, each is charged as the longest of
    /// the other plan's, or as expected if that has none; both are estimates.
    func counts(applyingAs other: Plan, _ counts: RunCounts) -> RunCounts {
        var corresponds = true
        let runs = Plan.runs(steps, times: 1, as: other.steps, counts.steps, &corresponds)
        return RunCounts(steps: runs, isEstimate: Plan.iterates(steps) && (counts.isEstimate || !corresponds))
    }

    private static func iterates(_ steps: [Step]) -> Bool {
        steps.contains { if case .iteration = $0.work { true } else { false } }
    }

    private static func runs(
        _ steps: [Step], times: Int, as others: [Step], _ counts: [StepRuns], _ corresponds: inout Bool
    ) -> [StepRuns] {
        let theirs = zip(others, counts).compactMap { step, runs -> (plan: IterationPlan, runs: StepRuns)? in
            guard case .iteration(let plan) = step.work else { return nil }
            return (plan, runs)
        }
        let longest = theirs.max { $0.runs.mostApplications < $1.runs.mostApplications }
        let isOneToOne = theirs.count == steps.count { if case .iteration = $0.work { true } else { false } }
        var next = 0
        return steps.map { step in
            guard case .iteration(let iteration) = step.work else { return StepRuns(runs: times) }
            let other = isOneToOne ? theirs[next] : longest
            next += 1
            if !isOneToOne { corresponds = false }
            let bodies = iteration.bodies.indices.map { map -> [StepRuns] in
                guard let other, other.runs.runs > 0, other.plan.bodies.indices.contains(map),
                    let total = other.runs.bodies[map].map(\.runs).max()
                else {
                    corresponds = false
                    return runs(
                        iteration.bodies[map], times: times * iteration.expectedRuns[map], as: [], [], &corresponds)
                }
                let applications =
                    times == other.runs.runs ? total : (times * total + other.runs.runs - 1) / other.runs.runs
                return runs(
                    iteration.bodies[map], times: applications, as: other.plan.bodies[map], other.runs.bodies[map],
                    &corresponds)
            }
            return StepRuns(runs: times, bodies: bodies)
        }
    }
}

extension StepRuns {
    /// How often an iteration's operators were applied.
    fileprivate var mostApplications: Int { bodies.joined().map(\.runs).max() ?? 0 }
}
