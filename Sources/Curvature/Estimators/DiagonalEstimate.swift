/// What is known of a diagonal that was sampled into buffers.
package struct DiagonalEstimate: Equatable, Sendable {
    /// norm(standard errors) / norm(diagonal): 0 for exact values, infinite where one sample cannot say.
    package var relativeError: Double
    package var samples: Int
    package var applications: Int
    package var converged: Bool
}
