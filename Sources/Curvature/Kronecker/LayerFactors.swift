import TensorIR

/// One block of a Kronecker-factored curvature, as nodes without example axis: sums over all data, scaled.
package enum FactorBlock: Hashable, Sendable {
    /// kron(B, A) on the row-major matrix of the layer's layout: dW -> B dW A. No output factor means the identity.
    case kronecker(output: Node?, input: Node)
    /// The same with a diagonal A, one entry for each row of a table.
    case table(output: Node?, input: Node)
    /// The parameter's own matrix, entries row-major as stored.
    case full(Node)
    case diagonal(Node)
    case identity
}

/// The blocks of one layer.
package struct LayerFactors: Sendable {
    package let layer: FactoredLayer
    /// The weight's block; of [W | b], the bias as last column, where they are joint. nil for a bias alone.
    package let weight: FactorBlock?
    /// The bias's own block; nil where there is no bias, or it is joint.
    package let bias: FactorBlock?
    package let isJoint: Bool
    /// How many vectors are sent back for each example: columns of the backward sweep.
    package let columns: Int
}
