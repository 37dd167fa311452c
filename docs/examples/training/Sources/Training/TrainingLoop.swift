import Curvature

/// Gradient descent on mini-batches, with the curvature of each step from the plan that gives its gradient.
///
/// Beside loss and gradient a step asks for the curvature along the gradient, and for one product of the Hessian with `u`: a step of the
/// power iteration, so that `u` follows the direction of the largest curvature while the network learns.
struct TrainingLoop {
    static let requests = [
        "loss", "gradient", "along = dot(gradient, hessian @ gradient) / dot(gradient, gradient)", "Hu = hessian @ u",
        "top = dot(u, hessian @ u)",
    ]

    struct Step {
        var loss, along, top: Double
    }
    let execution: Execution
    let rate: Double

    init(_ problem: Problem, rate: Double, options: PlanOptions) throws {
        let plan = try Plan(
            parseRequests(TrainingLoop.requests, in: problem), problem: problem, options: options)
        (execution, self.rate) = (try Execution(plan), rate)
    }

    /// One step: nothing is compiled, and nothing allocated but results.
    func step(_ batch: Batch) throws -> Step {
        try execution.setData(inputs: batch.inputs, targets: batch.targets)
        let results = try execution.run()
        func number(_ name: String) -> Double { results[name]!.values[0] }
        try execution.addToParameters(-rate, times: results["gradient"]!)
        try execution.setVector("u", to: normalized(results["Hu"]!.values))
        return Step(loss: number("loss"), along: number("along"), top: number("top"))
    }
}

func normalized(_ vector: [Double]) -> [Double] {
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / norm }
}
