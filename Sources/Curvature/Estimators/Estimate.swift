/// A number that was sampled, and how far off it may be.
package struct Estimate: Equatable, Sendable {
    package var value: Double
    /// The standard deviation of `value`, estimated from the samples; 0 for exact values, infinite where one sample cannot say.
    package var standardError: Double
    /// Random vectors, or products with the operator where the method counts those.
    package var samples: Int
    /// Products with the operator, blocks counted once.
    package var applications: Int
    /// False where a tolerance was asked for and the maximum of samples came first.
    package var converged: Bool
}
