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
}
