/// Kronecker-factored curvature: a block for each layer that a few small matrices describe, D x D in all. Factors are worked out once for all that a plan does
/// with them; products, inverses, traces, norms, determinants, diagonals and eigenvalues come out of them without another pass over the data.
///
/// The Fisher information's kind says which gradients are sent back beside the forward sweep: `type2` one backward column for each output, `mc` one
/// for each sample, `empirical` the gradient's own, which is shared with it, and `forwardOnly` none.
extension Problem {
    /// kron(B, A) for each layer: B and A the second moments of output gradients and inputs. One pass over the data.
    ///
    /// Martens and Grosse 2015, arXiv:1503.05671; convolutions: Grosse and Martens 2016, arXiv:1602.01407; shared weights: Eschenhagen et al. 2023,
    /// arXiv:2311.00636.
    ///
    /// - Parameters:
    ///   - samples: Draws for each loss term, with `mc`; 1 or more.
    ///   - seed: Draws depend on it, the example, the term and the sample, and on nothing else.
    ///   - weightSharing: Positions that share a weight as if they were examples, or averaged within each example.
    ///   - separatesWeightAndBias: Whether a bias has a block of its own, instead of being its weight's last column.
    public func kfac(
        fisher: KroneckerOptions.Fisher = .mc, samples: Int = 1, seed: UInt64 = 0,
        weightSharing: KroneckerOptions.WeightSharing = .expand, separatesWeightAndBias: Bool = true
    ) -> LinearOperator {
        factored(
            KroneckerOptions(
                form: .kfac, fisher: fisher, samples: samples, seed: seed, weightSharing: weightSharing,
                separatesWeightAndBias: separatesWeightAndBias))
    }

    /// KFAC's eigenvectors with the second moments of gradients along them as eigenvalues: nearer to the exact blocks than KFAC in the Frobenius
    /// norm, and of the same trace as they. Two passes over the data.
    ///
    /// George et al. 2018, arXiv:1806.03884. Where a factor has equal eigenvalues its eigenvectors are not unique; there the mean of the moments is taken.
    ///
    /// - Parameters: As for ``kfac(fisher:samples:seed:weightSharing:separatesWeightAndBias:)``. `forwardOnly` is an error.
    public func ekfac(
        fisher: KroneckerOptions.Fisher = .mc, samples: Int = 1, seed: UInt64 = 0,
        weightSharing: KroneckerOptions.WeightSharing = .expand, separatesWeightAndBias: Bool = true
    ) -> LinearOperator {
        factored(
            KroneckerOptions(
                form: .ekfac, fisher: fisher, samples: samples, seed: seed, weightSharing: weightSharing,
                separatesWeightAndBias: separatesWeightAndBias))
    }

    /// The single Kronecker product that is nearest to each exact block in the Frobenius norm. One pass over the data, with a backward column for each
    /// output of each loss term with `type2`.
    ///
    /// Schnaus, Lee and Triebel 2021; Koroko et al. 2022, arXiv:2201.10285. Layers whose matrix of outputs^2 x inputs^2 entries is very large are an error.
    ///
    /// - Parameters: As for ``kfac(fisher:samples:seed:weightSharing:separatesWeightAndBias:)``. `forwardOnly` is an error, and all positions of a weight
    ///   are taken as they are.
    public func kfoc(
        fisher: KroneckerOptions.Fisher = .mc, samples: Int = 1, seed: UInt64 = 0, separatesWeightAndBias: Bool = true
    ) -> LinearOperator {
        factored(
            KroneckerOptions(
                form: .kfoc, fisher: fisher, samples: samples, seed: seed,
                separatesWeightAndBias: separatesWeightAndBias))
    }

    private func factored(_ options: KroneckerOptions) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression(self) { () throws(KindError) in try .kfac(options, shape) })
    }
}
