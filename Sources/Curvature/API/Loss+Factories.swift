/// Losses as arguments: `loss: .crossEntropy(labelSmoothing: 0.1)`. All throw ``ExpressionError`` if an option is out of its range.
extension Loss {
    /// Softmax cross-entropy of logits; see ``Function/crossEntropy(ignoreIndex:labelSmoothing:weights:classAxis:)``.
    public static func crossEntropy(
        ignoreIndex: Int = -100, labelSmoothing: Double = 0, weights: String? = nil, classAxis: Int? = nil,
        reduction: Reduction = .mean
    ) throws(ExpressionError) -> Loss {
        try Loss(
            .crossEntropy(
                ignoreIndex: ignoreIndex, labelSmoothing: labelSmoothing, weights: weights, classAxis: classAxis),
            reduction: reduction)
    }
    /// Squared differences, without one half; see ``Function/meanSquaredError(weights:)``.
    public static func meanSquaredError(
        weights: String? = nil, reduction: Reduction = .mean
    ) throws(ExpressionError) -> Loss {
        try Loss(.meanSquaredError(weights: weights), reduction: reduction)
    }
    /// Binary cross-entropy of logits; see ``Function/binaryCrossEntropy(positiveWeights:weights:)``.
    public static func binaryCrossEntropy(
        positiveWeights: String? = nil, weights: String? = nil, reduction: Reduction = .mean
    ) throws(ExpressionError) -> Loss {
        try Loss(.binaryCrossEntropy(positiveWeights: positiveWeights, weights: weights), reduction: reduction)
    }
    /// A loss of one's own. Gradient and Hessian of its terms at the outputs are found by differentiating the closure, so that it serves every leaf.
    ///
    ///     let poisson = Loss.custom("poisson") { predictions, targets in
    ///         try predictions.exp() - targets * predictions
    ///     }
    ///
    /// `fisher` stands for `ggn` here too, which it equals where the loss is -log p(target | predictions) of an exponential family in its natural
    /// parameters. With sampling, output gradients are drawn from a normal distribution whose covariance is the Hessian at the outputs. Sampling, `kfac`
    /// with `fisher=type2` or `mc`, and exact diagonals need that Hessian to be positive semidefinite; `ggn` itself does not.
    ///
    /// Cost: where outputs of a term meet in the Hessian, these take an eigendecomposition of C x C for each term; nothing where they do not meet.
    ///
    /// - Parameters:
    ///   - name: For messages and plans.
    ///   - term: What has a loss of its own, and so an outer product of its own in the empirical Fisher.
    ///   - reduction: `mean` divides by the number of values that `body` gives over all data.
    ///   - body: From predictions (rows, ...) and targets (rows, ...) to a value for each row, (rows), or several which are added up, (rows, ...). It
    ///     is called while a problem is made and while plans are, never while they run. Its errors, and results of other shapes, are
    ///     ``ProblemError``s of the problem.
    public static func custom(
        _ name: String, term: CustomLoss.Term = .position, reduction: Reduction = .mean,
        _ body: @escaping @Sendable (_ predictions: Tensor, _ targets: Tensor) throws -> Tensor
    ) -> Loss {
        Loss(CustomLoss(name, term: term, body), reduction: reduction)
    }
}
