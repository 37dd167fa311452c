import Kernels

/// What solves linear systems with an operator: made once with its workspace, and run again and again.
package protocol SystemSolver: AnyObject {
    /// Solves for every column of `rightHandSides` (size, k) into `solutions` of the same sizes.
    func run(rightHandSides: Operand, solutions: Operand, monitor: IterationMonitor) throws -> SolveReport
}

extension ConjugateGradients: SystemSolver {}
extension MinimumResidual: SystemSolver {}
extension LeastSquaresMinimumResidual: SystemSolver {}
extension NeumannSeries: SystemSolver {}

extension SolveOptions {
    /// The solver for an operator, `maps[0]`. A second map is a preconditioner, or the transpose for least squares.
    func solver(_ maps: [any LinearMap]) throws -> any SystemSolver {
        let limits = SolverOptions(tolerance: tolerance, maximumIterations: mostIterations)
        let second = maps.count > 1 ? maps[1] : nil
        switch solver {
        case .direct: preconditionFailure("a direct solution applies no operator")
        case .auto, .cg: return try ConjugateGradients(maps[0], preconditioner: second, options: limits)
        case .minres: return try MinimumResidual(maps[0], preconditioner: second, options: limits)
        case .lsmr: return try LeastSquaresMinimumResidual(maps[0], transpose: second!, options: limits)
        case .neumann:
            return try NeumannSeries(
                maps[0], options: .init(scale: scale, products: mostIterations, tolerance: tolerance))
        }
    }

    /// For people.
    var solverText: String {
        switch solver {
        case .auto, .direct, .cg: "conjugate gradients"
        case .minres: "minimum residuals (MINRES)"
        case .lsmr: "least squares (LSMR)"
        case .neumann: scale == 1 ? "Neumann series" : "Neumann series scaled by \(NumberText.text(of: scale))"
        }
    }
}
