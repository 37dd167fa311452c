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

        /// Whether it works on eigendecompositions of the factors.
        var needsEigen: Bool { self != .product }
    }
    package enum Measure: String, Hashable, Sendable {
        case trace
        case frobeniusNorm = "frobenius_norm"
    }

    package var options: KroneckerOptions
    package var mode: Mode
}

extension KroneckerOptions: CustomStringConvertible {
    /// In the language, options that are as they are without being written left out.
    package var description: String {
        let plain = KroneckerOptions()
        var parts: [String] = []
        if fisher != plain.fisher { parts.append("fisher=\(fisher.rawValue)") }
        if samples != plain.samples { parts.append("samples=\(samples)") }
        if seed != plain.seed { parts.append("seed=\(seed)") }
        if weightSharing != plain.weightSharing { parts.append("weight_sharing=\(weightSharing.rawValue)") }
        if separatesWeightAndBias != plain.separatesWeightAndBias {
            parts.append("separate_weight_and_bias=\(separatesWeightAndBias)")
        }
        return parts.isEmpty ? "kfac" : "kfac(\(parts.joined(separator: ", ")))"
    }
}
