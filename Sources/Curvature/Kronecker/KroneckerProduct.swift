/// What is done with a Kronecker-factored curvature K, block by block.
package struct KroneckerProduct: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        /// K x.
        case product
        /// Each factor damped by itself and inverted.
        case factorInverse(damping: Double)
        /// The same, with the damping's root split by the factors' mean eigenvalues (Martens and Grosse 2015, section 6.3).
        case heuristicInverse(damping: Double)
        /// (scale K + shift I)^-1 x, exact, by eigendecompositions.
        case shiftedInverse(scale: Double, shift: Double)
    }

    package var options: KroneckerOptions
    package var mode: Mode

    /// Whether it works on eigendecompositions of the factors.
    var needsEigen: Bool { mode != .product || options.form == .ekfac }
}

/// A number or a vector about a Kronecker-factored curvature that has a closed form.
package enum KroneckerMeasure: Hashable, Sendable {
    case trace
    case frobeniusNorm
    /// Of scale K + shift I.
    case logdet(scale: Double, shift: Double)
    case diagonal
    /// All of them, block by block, in no order.
    case eigenvalues

    var needsEigen: Bool {
        switch self {
        case .logdet, .eigenvalues: true
        default: false
        }
    }
    package var name: String {
        switch self {
        case .trace: "trace"
        case .frobeniusNorm: "frobenius_norm"
        case .logdet: "logdet"
        case .diagonal: "diagonal"
        case .eigenvalues: "eigenvalues"
        }
    }
}
