/// Parameters whose blocks of a Kronecker-factored curvature belong together: an affine layer's weight and bias, a table, a scale.
package struct FactoredLayer: Sendable {
    package enum Role: Hashable, Sendable {
        /// y = W x + b at one or several positions; W is a matrix in this layout.
        case affine(MatrixLayout)
        /// The bias of a layer whose weight is not selected.
        case bias
        /// Rows picked by index: an affine layer whose inputs are unit vectors.
        case table(MatrixLayout)
        /// A scale, a shift, a stack of matrices: every entry has its own gradient, and no factors.
        case elementwise
        /// The predictions do not depend on it.
        case unused
    }
    package let role: Role
    /// Places in the selection. The weight is the parameter itself where there is no affine layer; nil for a bias alone.
    package let weight: Int?
    package let bias: Int?
    let uses: [LayerUse]

    package var parameters: [Int] { [weight, bias].compactMap(\.self) }
    /// How often the layer is used.
    package var useCount: Int { uses.count }
}

/// One use of a layer.
struct LayerUse: Sendable {
    /// Of the weight, or of a bias alone.
    var parameter: ParameterUse
    /// Whether the bias is added to the output of this use of the weight. What arrives at the bias is then what arrives at the output.
    var hasBias: Bool
}
