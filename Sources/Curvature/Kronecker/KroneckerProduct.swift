/// What is done with a Kronecker-factored curvature K, block by block.
package struct KroneckerProduct: Hashable, Sendable {
    package enum Mode: Hashable, Sendable {
        /// Each factor damped by itself and inverted.
        case factorInverse(damping: Double)
        /// The same, with the damping's root split by the factors' mean eigenvalues (Martens and Grosse 2015, section 6.3).
        case heuristicInverse(damping: Double)
        /// A function of K, exact: K itself, or by eigendecompositions.
        case spectral(SpectralFunction)

        package static let product = Mode.spectral(.identity)

    }

    package var options: KroneckerOptions
    package var mode: Mode
    /// Whether damped factors are inverted themselves, instead of their eigenvalues.
    package var usesInverses = false

    package init(options: KroneckerOptions, mode: Mode) { (self.options, self.mode) = (options, mode) }

    /// Whether it works on eigendecompositions of the factors.
    var needsEigen: Bool { !usesInverses && mode != .product || options.form == .ekfac }
}

/// A function of an operator K: (scale K + shift I)^exponent.
package struct SpectralFunction: Hashable, Sendable {
    package var scale = 1.0
    package var shift = 0.0
    package var exponent = 1.0

    package static let identity = SpectralFunction()
    var inverse: SpectralFunction { SpectralFunction(scale: scale, shift: shift, exponent: -exponent) }

    /// In the language.
    func text(_ operand: String) -> String {
        var base = scale == 1 ? operand : "\(NumberText.text(of: scale)) * \(operand)"
        if shift != 0 { base += " + \(NumberText.text(of: shift)) * identity" }
        switch exponent {
        case 1: return base
        case -1: return "inverse(\(base))"
        default: return "power(\(base), \(NumberText.text(of: exponent)))"
        }
    }
}

/// What is asked of a Kronecker-factored curvature as a whole.
package enum KroneckerFunction: Hashable, Sendable {
    /// Scalars.
    case trace, frobeniusNorm, logdet
    /// (D).
    case diagonal
    /// (count).
    case eigenvalues(count: Int, SpectrumEnd)
    /// (D, count).
    case eigenvectors(count: Int, SpectrumEnd)

    /// Whether it is worked out of factors alone, where nothing but the product itself is asked about.
    var needsEigen: Bool {
        switch self {
        case .trace, .frobeniusNorm, .diagonal: false
        case .logdet, .eigenvalues, .eigenvectors: true
        }
    }
    var name: String {
        switch self {
        case .trace: "trace"
        case .frobeniusNorm: "frobenius_norm"
        case .logdet: "logdet"
        case .diagonal: "diagonal"
        case .eigenvalues: "eigenvalues"
        case .eigenvectors: "eigenvectors"
        }
    }
}
