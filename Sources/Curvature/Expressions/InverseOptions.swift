/// How an inverse is applied: by a solver, to a tolerance.
package struct InverseOptions: Hashable, Sendable {
    package enum Solver: String, Hashable, Sendable, CaseIterable {
        /// Chosen from what is known of the operator; explain says which and why.
        case auto
        case direct, cg, minres, lsmr, neumann
    }
    package var solver: Solver
    /// The relative residual, |b - A x| / |b|, at which a solution is good enough.
    package var tolerance: Double
    /// Nil for as many as the operator has rows, but at most ``defaultMostIterations``.
    package var maxIterations: Int?
    /// What a Neumann series multiplies the operator by, so that its eigenvalues lie between 0 and 2.
    package var scale: Double?

    package init(
        solver: Solver = .auto, tolerance: Double = 1e-5, maxIterations: Int? = nil, scale: Double? = nil
    ) {
        (self.solver, self.tolerance, self.maxIterations, self.scale) = (solver, tolerance, maxIterations, scale)
    }

    package static let defaultMostIterations = 1000
}
