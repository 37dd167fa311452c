/// Eigenvalues in the order that was asked for, with what is known of their accuracy. Eigenvectors are in the caller's buffer.
package struct Eigenpairs: Equatable, Sendable {
    package var values: [Double]
    /// norm(A v - value v), from products with the vectors that are returned.
    package var residuals: [Double]
    package var converged: [Bool]
    /// Products with the operator, blocks counted once.
    package var applications: Int
    package var restarts: Int
}
