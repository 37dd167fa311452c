/// A loss of one's own: a closure over predictions and targets, whose derivatives are found by differentiating it.
///
///     let huber = Loss.custom("huber") { predictions, targets in
///         let error = try (predictions - targets).abs()
///         return try (error - 1).wherePositive(error - 0.5, else: error.square() * 0.5)
///     }
///     let problem = try Problem(model: model, loss: huber, data: data)
///
/// The closure sees many *terms* of the loss at once, one in each row. It cannot make one term depend on another: no function of ``Tensor`` works along
/// the first axis.
public final class CustomLoss: Sendable {
    /// What the terms are: the places that have a loss each, for which the curvature leaves have one outer product each.
    public enum Term: String, Hashable, Sendable {
        /// Every position of the predictions' middle axes, as for the losses that are built in. The closure sees predictions (rows, C), where
        /// rows are all positions of all examples, and targets (rows, ...), what follows the middle axes in the data.
        case position
        /// A whole example. The closure sees predictions (rows, ..., C) and targets (rows, ...) as they are; the Hessian at the outputs is one of
        /// all of an example's outputs.
        case example
    }
    /// For messages, plans and files of factors.
    public let name: String
    /// What has a loss of its own.
    public let term: Term
    /// From predictions and targets to the terms' values.
    package let body: @Sendable (_ predictions: Tensor, _ targets: Tensor) throws -> Tensor

    /// See ``Loss/custom(_:term:reduction:_:)``.
    init(
        _ name: String, term: Term,
        _ body: @escaping @Sendable (_ predictions: Tensor, _ targets: Tensor) throws -> Tensor
    ) {
        (self.name, self.term, self.body) = (name, term, body)
    }
}

extension CustomLoss: Hashable {
    /// A closure is the same as itself only.
    public static func == (a: CustomLoss, b: CustomLoss) -> Bool { a === b }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
