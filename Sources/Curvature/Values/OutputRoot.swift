/// Z with Z^T Z = scale * curvature: the Jacobian with a root of the loss's Hessian (or its gradient, or draws) before it. (N T K) x D, rows in row-major
/// order of (example, term, cotangent); the loss's divisor is in it.
package struct OutputRoot: Hashable, Sendable {
    package var curvature: OuterProductCurvature
    /// Above 0.
    package var scale: Double

    /// In the expression language, or near it.
    var text: String {
        let name = "root(\(curvature.text))"
        return scale == 1 ? name : "\(NumberText.text(of: scale.squareRoot())) * \(name)"
    }
}

/// Where the inputs and output gradients of each parameter's uses lie in what a data pass stores of an example, for Z Z^T to be made of.
package struct ExampleFactorLayout: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        /// Places where the parameter is used.
        var positions: Int
        /// Entries of an input; nil where the gradient itself is stored, as the outputs.
        var inputs: Int?
        var outputs: Int
        var inputStart = 0
        var outputStart = 0
    }
    package var pieces: [Piece] = []
    /// Rows of Z for each example.
    package var columns: Int
    /// Entries for each example.
    package var width = 0
}
