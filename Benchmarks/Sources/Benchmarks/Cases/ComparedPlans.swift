import Curvature

/// A request set compiled together and as its baseline says.
struct ComparedPlans {
    let fused: Plan
    let baseline: Plan

    init(_ set: RequestSet, _ problem: Problem, threads: Int) throws {
        let requests = try parseRequests(set.requests, in: problem)
        var options = PlanOptions()
        options.threads = threads
        fused = try Plan(requests, problem: problem, options: options)
        switch set.baseline {
        case .naive:
            options.isNaive = true
            options.memory = .max
        case .withoutRule(let rule): options.disabledRules.insert(rule)
        }
        baseline = try Plan(requests, problem: problem, options: options)
    }
}
