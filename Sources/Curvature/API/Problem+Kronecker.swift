/// Which output gradients Kronecker factors are made of.
public enum FisherKind: String, Sendable, CaseIterable {
    /// The columns of a square root of the loss's Hessian at the outputs: exact; as many backward columns as there are outputs.
    case type2
    /// Labels drawn from the model's own distribution.
    case monteCarlo = "mc"
    /// The gradients at the data's own labels; its backward sweep is the gradient's.
    case empirical
    /// None: the output factors are identities. For ``Problem/kfac(fisher:samples:seed:weightSharing:separatesWeightAndBias:)`` alone.
    case forwardOnly = "forward_only"
}

/// How positions that share a weight (of a convolution, of a sequence) count (Eschenhagen et al. 2023, arXiv:2311.00636).
public enum WeightSharing: String, Sendable, CaseIterable {
    /// As if they were examples.
    case expand
    /// Inputs averaged and gradients summed within each example.
    case reduce
}

extension Problem {
    /// Kronecker-factored curvature, a block for each layer (Martens and Grosse 2015, arXiv:1503.05671): D x D, of all selected parameters.
    ///
    /// Its factors come out of the forward sweep and one backward sweep that the plan shares with everything else. Products, exact and damped inverses,
    /// traces, norms, determinants and diagonals work on the factors.
    ///
    /// - Parameters:
    ///   - fisher: Which output gradients the factors are made of.
    ///   - samples: Draws for each loss term, with ``FisherKind/monteCarlo``.
    ///   - seed: Of the draws, with ``FisherKind/monteCarlo``.
    ///   - weightSharing: How positions that share a weight count.
    ///   - separatesWeightAndBias: Whether a bias has a block of its own, instead of being its weight's last column.
    public func kfac(
        fisher: FisherKind = .monteCarlo, samples: Int = 1, seed: UInt64 = 0, weightSharing: WeightSharing = .expand,
        separatesWeightAndBias: Bool = true
    ) -> LinearOperator {
        kronecker(.kfac, fisher, samples, seed, weightSharing, separatesWeightAndBias)
    }

    /// KFAC with its eigenvalues replaced by the second moments of the gradients along its eigenvectors (George et al. 2018, arXiv:1806.03884): a
    /// second pass over the data. Not for ``FisherKind/forwardOnly``.
    public func ekfac(
        fisher: FisherKind = .monteCarlo, samples: Int = 1, seed: UInt64 = 0, weightSharing: WeightSharing = .expand,
        separatesWeightAndBias: Bool = true
    ) -> LinearOperator {
        kronecker(.ekfac, fisher, samples, seed, weightSharing, separatesWeightAndBias)
    }

    /// For each layer the Kronecker product that is nearest to its exact block in Frobenius norm (Van Loan and Pitsianis 1993; Schnaus et al. 2021). Not for
    /// ``FisherKind/forwardOnly``. Rearranged blocks of m^2 n^2 entries are formed up to 2^24; beyond, their singular vectors are searched
    /// by products, each a pass over the data.
    public func kfoc(
        fisher: FisherKind = .monteCarlo, samples: Int = 1, seed: UInt64 = 0, separatesWeightAndBias: Bool = true
    ) -> LinearOperator {
        kronecker(.kfoc, fisher, samples, seed, .expand, separatesWeightAndBias)
    }

    private func kronecker(
        _ form: KroneckerOptions.Form, _ fisher: FisherKind, _ samples: Int, _ seed: UInt64,
        _ weightSharing: WeightSharing, _ separatesWeightAndBias: Bool
    ) -> LinearOperator {
        let options = KroneckerOptions(
            form: form, fisher: KroneckerOptions.Fisher(rawValue: fisher.rawValue)!, samples: samples, seed: seed,
            weightSharing: KroneckerOptions.WeightSharing(rawValue: weightSharing.rawValue)!,
            separatesWeightAndBias: separatesWeightAndBias)
        return LinearOperator(lazy: LazyExpression(self) { () throws(KindError) in try .kfac(options, shape) })
    }
}

/// How a damped inverse of Kronecker factors divides the damping between them.
public enum DampingStyle: String, Sendable, CaseIterable {
    /// Each factor is damped by the whole of it.
    case factor
    /// Its root is split by the factors' mean eigenvalues (Martens and Grosse 2015, section 6.3).
    case heuristic
}

extension LinearOperator {
    /// The inverse of Kronecker-factored blocks, each factor damped by itself; of ``Problem/ekfac(fisher:samples:seed:weightSharing:separatesWeightAndBias:)``
    /// the exact inverse of the sum with `damping` times the identity.
    ///
    /// The exact one of KFAC is `(problem.kfac() + damping * .identity).inverse()`. All of them share one eigendecomposition of each factor.
    public func inverse(damping: Double, style: DampingStyle = .factor) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'inverse'", [lazy]) { operands throws(KindError) in
                guard damping > 0, damping.isFinite else {
                    throw KindError("'damping'", needs: "a number above 0", found: "\(damping)")
                }
                return try .dampedInverse(operands[0], damping: damping, style: style == .factor ? nil : style)
            })
    }
}
