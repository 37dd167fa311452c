import Testing

@testable import Curvature

/// Inverses and replaced vectors in Swift: the language's values.
@Suite struct InverseTests {
    @Test(arguments: [
        LinearSolver.automatic, .direct, .conjugateGradients, .minimumResiduals, .leastSquares, .neumannSeries,
    ])
    func inversesAreTheLanguages(solver: LinearSolver) throws {
        let problem = try smallProblem()
        let map = problem.ggn + 0.5 * .identity
        let scale = solver == .neumannSeries ? 0.8 : nil
        let inverse = map.inverse(solver: solver, tolerance: 1e-9, maxIterations: 200, scale: scale)
        // A A^-1 g would be g without any solve.
        var options = float64Options
        options.disabledRules = ["cancel-inverses"]
        let (x, back) = try compile(
            inverse * problem.gradient, map * (inverse * problem.gradient) - problem.gradient, options: options
        ).run()
        let written = scale == nil ? "" : ", scale=0.8"
        let name = solver.rawValue
        let wanted = try evaluate(
            [
                "inverse(ggn + 0.5 * identity, solver=\(name), tolerance=1e-9, max_iterations=200\(written)) @ gradient",
                "gradient",
            ], problem
        ).results.entries
        #expect(x.values == wanted[0].values)
        let norm = { (values: [Double]) in values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        #expect(norm(back.values) < 1e-8 * norm(wanted[1].values))
    }

    /// With the exact inverse as preconditioner there is nothing left to do.
    @Test func aPreconditionerSavesIterations() throws {
        let problem = try smallProblem()
        let map = problem.ggn + 0.01 * .identity
        func iterations(_ preconditioner: LinearOperator?) throws -> Int {
            let inverse = map.inverse(solver: .conjugateGradients, tolerance: 1e-8, preconditioner: preconditioner)
            let execution = try compile(inverse * problem.gradient, options: float64Options).execution()
            _ = try execution.run()
            return try #require(execution.execution.measurement.steps.last?.solves.last).iterations
        }
        let plain = try iterations(nil)
        #expect(plain > 4)
        #expect(try iterations(map.inverse(tolerance: 1e-10)) <= 2)
    }

    @Test func badOptionsAreNamed() throws {
        let problem = try smallProblem()
        func message(_ map: LinearOperator) -> String {
            do {
                _ = try compile(map * problem.gradient)
                return ""
            } catch { return "\(error)" }
        }
        #expect(message(problem.ggn.inverse(tolerance: 0)).contains("'tolerance' needs a number above 0 and below 1"))
        #expect(message(problem.ggn.inverse(maxIterations: 0)).contains("'maxIterations' needs a whole number from 1"))
        #expect(message(problem.jacobian.inverse()).contains("'inverse' needs a square operator"))
        #expect(message((problem.ggn * problem.hessian).inverse()).contains("solver=lsmr takes any square operator"))
    }

    @Test func negativeCurvatureIsAWarning() throws {
        let problem = try smallProblem()
        let map = problem.hessian - 5 * .identity
        let execution = try compile((map.inverse() * problem.gradient).named("x"), options: float64Options).execution()
        _ = try execution.run()
        let warnings = execution.execution.warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("'x': stopped: the operator has negative curvature") == true)
        let solved = try compile(
            map.inverse(solver: .minimumResiduals) * problem.gradient, options: float64Options
        ).execution()
        _ = try solved.run()
        #expect(solved.execution.warnings.isEmpty)
    }

    /// What a matrix takes that is no burden: the matrix in the run's precision, and its factors in float64 with a row of exchanges.
    @Test(arguments: [(float64Options, 26 * 26 * 8), (PlanOptions(), 26 * 26 * 4)])
    func whatDoesNotConvergeCanBeSolvedDirectly(_ options: PlanOptions, matrix: Int) throws {
        let problem = try smallProblem()
        let map = problem.hessian + 20 * .identity
        let execution = try compile(map.inverse(tolerance: 1e-7, maxIterations: 1) * problem.gradient, options: options)
            .execution()
        _ = try execution.run()
        let bytes = MemoryUse.text(matrix + 27 * 26 * 8)
        let warning = try #require(execution.execution.warnings.first)
        #expect(
            warning.hasSuffix(
                "; give more max_iterations, a larger tolerance, or a preconditioner; solver=direct needs no iterations, but \(bytes) for the matrix of 26 x 26"
            ), "\(warning)")
        #expect(execution.execution.directHint(size: 5000)?.contains("of 5000 x 5000") == true)
        #expect(execution.execution.directHint(size: 5001) == nil)
        let direct = try compile(map.inverse(solver: .direct) * problem.gradient, options: options).execution()
        _ = try direct.run()
        #expect(direct.execution.warnings.isEmpty)
    }

    @Test func vectorsAndParametersAreReplacedBetweenRuns() throws {
        let problem = try smallProblem()
        let v = problem.vector((0..<26).map { Double($0) / 26 })
        let execution = try compile(problem.hessian * v, problem.gradient, options: float64Options).execution()
        _ = try execution.run()
        let other = (0..<26).map { 1 - Double($0) / 13 }
        try execution.set(v, to: other)
        let (product, gradient) = try execution.run()
        let fresh = try compile(problem.hessian * problem.vector(other), options: float64Options).run()
        #expect(product.values == fresh.values)
        let loss = try evaluate(["loss"], problem).results.entries[0].values[0]
        try execution.addToParameters(-0.1, times: gradient)
        let moved = execution.execution.parameterValues
        let own = problem.model.allValues
        for (index, value) in gradient.values.enumerated() {
            #expect(abs(moved[index] - (own[index] - 0.1 * value)) < 1e-12)
        }
        #expect(loss > 0)
        #expect(throws: ProblemError.self) { try execution.set(v + v, to: other) }
    }
}
