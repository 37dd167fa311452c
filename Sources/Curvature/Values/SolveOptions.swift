/// How a linear system is solved.
package struct SolveOptions: Hashable, Sendable {
    package var solver: InverseOptions.Solver
    /// The relative residual at which a solution is good enough.
    package var tolerance: Double
    package var mostIterations: Int
    /// Of a Neumann series.
    package var scale: Double
    /// Whether the operator is known to have an inverse.
    package var isPositiveDefinite: Bool
}
