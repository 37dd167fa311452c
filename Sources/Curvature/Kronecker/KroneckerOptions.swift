/// What a Kronecker-factored curvature approximates, and how it treats positions that share a weight.
package struct KroneckerOptions: Hashable, Sendable {
    /// How a block is made of what passes by.
    package enum Form: String, Hashable, Sendable, CaseIterable {
        /// The product of two second moments (Martens and Grosse 2015).
        case kfac
        /// KFAC's eigenvectors with second moments along them as eigenvalues (George et al. 2018).
        case ekfac
        /// The nearest Kronecker product in Frobenius norm (Van Loan and Pitsianis 1993; Schnaus et al. 2021).
        case kfoc
    }
    /// Which output gradients the factors are made of.
    package enum Fisher: String, Hashable, Sendable, CaseIterable {
        /// The columns of a square root of the loss's Hessian at the outputs: exact, one backward column for each output.
        case type2
        /// Labels drawn from the model's own distribution.
        case mc
        /// The gradients of the loss at the data's own labels.
        case empirical
        /// None: the output factor is the identity (Benzing 2022).
        case forwardOnly = "forward_only"
    }
    /// Positions as if they were examples (`expand`), or averaged and summed within each example (`reduce`): Eschenhagen et al. 2023.
    package enum WeightSharing: String, Hashable, Sendable, CaseIterable { case expand, reduce }

    package var form: Form
    package var fisher: Fisher
    /// Draws for each term, with `mc`.
    package var samples: Int
    package var seed: UInt64
    package var weightSharing: WeightSharing
    /// Whether a layer's bias has a block of its own, instead of being the weight's last column.
    package var separatesWeightAndBias: Bool
    /// Parameters that are no weight of a product (scales, shifts) get a full block up to this many entries, and a diagonal beyond.
    package var largestFullBlock = 1024
    /// For a sum of KFACs that differ in their output gradients alone: its terms, of either sign. They share the input factors, so that the sum is one Kronecker product in
    /// each block, of these and the sum of the output factors. The options are then those of the first.
    package var mixture: [MixtureTerm] = []

    package struct MixtureTerm: Hashable, Sendable {
        package var factor: Double
        package var options: KroneckerOptions
    }

    package init(
        form: Form = .kfac, fisher: Fisher = .mc, samples: Int = 1, seed: UInt64 = 0,
        weightSharing: WeightSharing = .expand, separatesWeightAndBias: Bool = true
    ) {
        (self.form, self.fisher, self.samples, self.seed) = (form, fisher, samples, seed)
        (self.weightSharing, self.separatesWeightAndBias) = (weightSharing, separatesWeightAndBias)
    }

    /// The sum of `terms`; nil where they do not share their input factors.
    static func mixture(_ terms: [MixtureTerm]) -> KroneckerOptions? {
        var own: [MixtureTerm] = []
        for term in terms {
            if let place = own.firstIndex(where: { $0.options == term.options }) {
                own[place].factor += term.factor
            } else {
                own.append(term)
            }
        }
        guard var sum = own.first?.options, own.count > 1, own.count <= 16 else { return nil }
        let isShared = own.allSatisfy { term in
            term.options.form == .kfac && term.options.fisher != .forwardOnly && term.options.mixture.isEmpty
                && term.options.weightSharing == sum.weightSharing
                && term.options.separatesWeightAndBias == sum.separatesWeightAndBias
                && term.options.largestFullBlock == sum.largestFullBlock
        }
        guard isShared else { return nil }
        sum.mixture = own
        return sum
    }

    /// Whether x^T K x >= 0 for every x: a sum may have negative terms.
    var isPositiveSemidefinite: Bool { mixture.allSatisfy { $0.factor >= 0 } }

    /// The options of KFAC's factors, which EKFAC shares with it.
    var factors: KroneckerOptions {
        var options = self
        if form == .ekfac { options.form = .kfac }
        return options
    }
}

extension KroneckerOptions: CustomStringConvertible {
    /// In the language, options that are as they are without being written left out.
    package var description: String {
        if !mixture.isEmpty {
            let terms = mixture.map { term in
                term.factor == 1 ? "\(term.options)" : "\(NumberText.text(of: term.factor)) * \(term.options)"
            }
            return "(\(terms.joined(separator: " + ")))"
        }
        let plain = KroneckerOptions()
        var parts: [String] = []
        if fisher != plain.fisher { parts.append("fisher=\(fisher.rawValue)") }
        if samples != plain.samples { parts.append("samples=\(samples)") }
        if seed != plain.seed { parts.append("seed=\(seed)") }
        if weightSharing != plain.weightSharing { parts.append("weight_sharing=\(weightSharing.rawValue)") }
        if separatesWeightAndBias != plain.separatesWeightAndBias {
            parts.append("separate_weight_and_bias=\(separatesWeightAndBias)")
        }
        return parts.isEmpty ? form.rawValue : "\(form.rawValue)(\(parts.joined(separator: ", ")))"
    }
}
