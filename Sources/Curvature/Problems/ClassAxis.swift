/// Which axis of the predictions holds the classes, where cross-entropy does not say: the one that class indices lack.
///
/// PyTorch has the classes on axis 1, sequence models often on the last. Shapes settle it unless several axes have one size.
enum ClassAxis {
    /// The loss with the only axis that fits. It stays as it is where that is the last one, and where none fits: the check of the targets
    /// says what is wrong with them.
    ///
    /// - Throws: ``ProblemError`` where several axes fit.
    static func settle(_ loss: Loss, predictions shape: [Int], data: any DataSource) throws -> Loss {
        guard case .crossEntropy(let ignored, let smoothing, let weights, nil) = loss.function,
            let targets = data.tensors["targets"], targets.isInteger, targets.shape.count == shape.count - 1
        else { return loss }
        let last = shape.count - 1
        let fitting = (1...last).filter { axis in
            var rest = shape
            rest.remove(at: axis)
            // One class is no choice: nobody means that axis unless it is the last.
            return rest == targets.shape && (shape[axis] > 1 || axis == last)
        }
        guard fitting.count < 2 else {
            let choices = fitting.map { "cross-entropy(class_axis=\($0))" }
            throw ProblemError(
                .loss,
                "--loss: \(data.origin): 'targets' of shape \(targets.shape) fits predictions of shape \(shape) with the classes on "
                    + "axis \(fitting.dropLast().map(String.init).joined(separator: ", ")) or \(fitting.last!); "
                    + "say which: \(choices.dropLast().joined(separator: ", ")) or \(choices.last!)"
                    + (fitting[0] == 1 ? "; PyTorch has them on axis 1" : "")
            )
        }
        guard let axis = fitting.first, axis != last else { return loss }
        return try Loss(
            .crossEntropy(ignoreIndex: ignored, labelSmoothing: smoothing, weights: weights, classAxis: axis),
            reduction: loss.reduction)
    }
}
