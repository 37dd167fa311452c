/// What a Kronecker-factored curvature approximates, and how it treats positions that share a weight.
package struct KroneckerOptions: Hashable, Sendable {
    /// Which output gradients the factors are made of.
    package enum Fisher: String, Hashable, Sendable, CaseIterable {
        /// The columns of a square root of the loss's Hessian at the outputs: exact.
        case type2
        /// Labels drawn from the model's own distribution.
        case mc
        /// The gradients of the loss at the data's own labels.
        case empirical
        /// None: the output factor is the identity.
        case forwardOnly = "forward_only"
    }
    /// Positions as if they were examples (`expand`), or averaged and summed within each example (`reduce`).
    package enum WeightSharing: String, Hashable, Sendable, CaseIterable { case expand, reduce }

    package var fisher: Fisher
    /// Draws for each term, with `mc`.
    package var samples: Int
    package var seed: UInt64
    package var weightSharing: WeightSharing
    /// Whether a layer's bias has a block of its own, instead of being the weight's last column.
    package var separatesWeightAndBias: Bool
    /// Parameters that are no weight of a product (scales, shifts) get a full block up to this many entries, and a diagonal beyond.
    package var largestFullBlock = 1024

    package init(
        fisher: Fisher = .mc, samples: Int = 1, seed: UInt64 = 0, weightSharing: WeightSharing = .expand,
        separatesWeightAndBias: Bool = true
    ) {
        (self.fisher, self.samples, self.seed) = (fisher, samples, seed)
        (self.weightSharing, self.separatesWeightAndBias) = (weightSharing, separatesWeightAndBias)
    }
}
