/// A loss function, its options and how its terms are reduced, with the meaning that PyTorch gives them.
///
/// Tensors are named here and looked up when the plan runs.
public struct Loss: Hashable, Sendable {
    /// What a term of the loss is.
    public enum Function: Hashable, Sendable {
        /// Softmax cross-entropy of logits, with class indices or class probabilities as targets.
        ///
        /// - `ignoreIndex`: Terms with this target count nowhere. -100 unless said, as in PyTorch; it matters for
        ///   class indices only.
        /// - `labelSmoothing`: In [0, 1].
        /// - `weights`: The name of a tensor (C) of class weights.
        /// - `classAxis`: The axis of the logits that holds the classes, from 1. Without it the one that class indices lack, where shapes
        ///   leave one choice; the last for class probabilities.
        case crossEntropy(
            ignoreIndex: Int = -100, labelSmoothing: Double = 0, weights: String? = nil, classAxis: Int? = nil)
        /// Squared differences, without one half.
        ///
        /// - `weights`: The name of a tensor of weights that broadcasts against the predictions.
        case meanSquaredError(weights: String? = nil)
        /// Binary cross-entropy of logits.
        ///
        /// - `positiveWeights`: The name of a tensor (C) that weighs the targets that are 1.
        /// - `weights`: The name of a tensor of weights that broadcasts against the predictions.
        case binaryCrossEntropy(positiveWeights: String? = nil, weights: String? = nil)
        /// A closure over predictions and targets; see ``Loss/custom(_:term:reduction:_:)``. The command does not have it.
        case custom(CustomLoss)
    }

    /// How terms become one number.
    public enum Reduction: String, Hashable, Sendable, CaseIterable {
        /// Divides by what counts over all data, whatever the batch size.
        case mean
        /// Divides by nothing.
        case sum
    }

    /// What a term is, with its options.
    public let function: Function
    /// How terms become one number.
    public let reduction: Reduction

    /// - Throws: ``ExpressionError`` if an option is out of its range.
    public init(_ function: Function, reduction: Reduction = .mean) throws(ExpressionError) {
        self.reduction = reduction
        if case .custom = function {
            self.function = function
        } else {
            // Reading back what it prints as applies the parser's checks, with their messages.
            self.function = try LossParser.function(function.description)
        }
    }

    init(_ custom: CustomLoss, reduction: Reduction) { (function, self.reduction) = (.custom(custom), reduction) }

    /// Parses `cross-entropy`, `mse` or `bce`, with options as a call has them: `cross-entropy(label_smoothing=0.1)`.
    public init(parsing text: String, reduction: Reduction = .mean) throws(ExpressionError) {
        function = try LossParser.function(text)
        self.reduction = reduction
    }

    /// The tensors that it names.
    public var tensorNames: [String] {
        switch function {
        case .crossEntropy(_, _, let weights, _), .meanSquaredError(let weights): [weights].compactMap(\.self)
        case .binaryCrossEntropy(let positiveWeights, let weights): [positiveWeights, weights].compactMap(\.self)
        case .custom: []
        }
    }
}

extension Loss.Reduction {
    /// Parses `mean` or `sum`.
    public init(parsing text: String) throws(ExpressionError) {
        guard let reduction = Self(rawValue: text.trimmed) else {
            let names = Self.allCases.map(\.rawValue)
            let source = try SourceText(text, label: "reduction \(OneLine.quoted(text.trimmed))", name: text)
            throw source.error(
                at: 1,
                "expected mean or sum, found \(OneLine.quoted(text.trimmed))"
                    + NearestName.suggestion(for: text.trimmed, in: names))
        }
        self = reduction
    }
}

extension Loss.Function: CustomStringConvertible {
    /// As ``Loss/init(parsing:reduction:)`` reads it, without options that have their defaults; it does not read a loss of one's own.
    public var description: String {
        var options: [String] = []
        func add(_ name: String, _ value: String?) { value.map { options.append("\(name)=\($0)") } }
        let name: String
        switch self {
        case .crossEntropy(let ignoreIndex, let labelSmoothing, let weights, let classAxis):
            name = "cross-entropy"
            add("ignore_index", ignoreIndex == -100 ? nil : "\(ignoreIndex)")
            add("label_smoothing", labelSmoothing == 0 ? nil : NumberText.text(of: labelSmoothing))
            add("weights", weights.map(QuotedName.text))
            add("class_axis", classAxis.map(String.init))
        case .meanSquaredError(let weights):
            name = "mse"
            add("weights", weights.map(QuotedName.text))
        case .binaryCrossEntropy(let positiveWeights, let weights):
            name = "bce"
            add("positive_weights", positiveWeights.map(QuotedName.text))
            add("weights", weights.map(QuotedName.text))
        case .custom(let loss): name = "custom \(OneLine.quoted(loss.name))"
        }
        return options.isEmpty ? name : "\(name)(\(options.joined(separator: ", ")))"
    }
}
