import Testing

@testable import Curvature

/// Plans that use the model's own values: once in memory, never written.
@Suite struct SharedParameterTests {
    private func options(_ precision: Precision, isShared: Bool) -> PlanOptions {
        var options = float64Options
        (options.precision, options.sharesParameters) = (precision, isShared)
        return options
    }

    @Test(arguments: [Precision.float32, .float64], [true, false])
    func sameValuesInLessMemory(precision: Precision, isDouble: Bool) throws {
        var problem = try smallProblem()
        if isDouble {
            let values = problem.model.parameters.map { ($0.name, ParameterValues.float64($0.values.doubles)) }
            let model = try problem.model.withParameters(Dictionary(uniqueKeysWithValues: values))
            problem = try Problem(
                name: "model", model: model, loss: problem.loss, data: problem.data, vectors: problem.vectors)
        }
        let requests = try parseRequests(["g = gradient", "h = hessian @ v"], in: problem)
        func run(isShared: Bool) throws -> (results: [[Double]], parameterBytes: Int) {
            let plan = try Plan(requests, problem: problem, options: options(precision, isShared: isShared))
            let results = try Execution(plan).run()
            return (withExtendedLifetime(results) { results.entries.map(\.values) }, plan.memory.parameters)
        }
        let (shared, copied) = (try run(isShared: true), try run(isShared: false))
        #expect(shared.results == copied.results)
        let width = precision == .float64 ? 8 : 4
        #expect(copied.parameterBytes == 26 * width)
        #expect(shared.parameterBytes == (isDouble == (precision == .float64) ? 0 : 26 * width))
    }

    @Test func theyAreNotReplaced() throws {
        let problem = try smallProblem()
        let before = problem.model.parameters.map(\.values.doubles)
        let requests = try parseRequests(["g = gradient"], in: problem)
        let execution = try Execution(Plan(requests, problem: problem, options: options(.float32, isShared: true)))
        let step = try #require(execution.run()["g"])
        let name = problem.model.parameters[0].name
        for change in [
            { try execution.setParameter(name, to: before[0].map { $0 + 1 }) },
            { try execution.addToParameters(-0.1, times: step) },
        ] {
            let error = #expect(throws: ProblemError.self) { try change() }
            #expect(
                error?.description
                    == "the plan uses the model's own parameters; compile with sharesParameters = false to replace them"
            )
        }
        #expect(problem.model.parameters.map(\.values.doubles) == before)
        // With a copy of their own, runs change, and the model stays.
        let own = try Execution(Plan(requests, problem: problem, options: options(.float32, isShared: false)))
        try own.addToParameters(-0.1, times: step)
        #expect(own.parameterValues != before.flatMap(\.self))
        #expect(problem.model.parameters.map(\.values.doubles) == before)
    }
}
