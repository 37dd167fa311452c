/// Gauss quadrature of a spectrum as one vector v sees it: v^T f(A) v is about the sum of weight f(node), exactly so for polynomials of degree
/// below twice the number of nodes.
struct LanczosQuadrature: Equatable {
    /// Ascending: the Ritz values.
    var nodes: [Double]
    /// Nonnegative; they sum to v^T v.
    var weights: [Double]

    func integral(_ function: (Double) throws -> Double) rethrows -> Double {
        var sum = 0.0
        // What the vector does not see at all does not count, whatever the function makes of it.
        for (node, weight) in zip(nodes, weights) where weight > 0 { sum += weight * (try function(node)) }
        return sum
    }
}
