import Testing

@testable import Curvature

@Suite struct LossTests: LanguageSuite {
    @Test(
        arguments: [
            ("cross-entropy", .crossEntropy()),
            ("cross-entropy()", .crossEntropy(ignoreIndex: -100, labelSmoothing: 0, weights: nil, classAxis: nil)),
            (
                " cross-entropy( ignore_index=-1, label_smoothing=0.1, weights=w, class_axis=1 ) ",
                .crossEntropy(ignoreIndex: -1, labelSmoothing: 0.1, weights: "w", classAxis: 1)
            ),
            ("cross-entropy(label_smoothing=1)", .crossEntropy(labelSmoothing: 1)),
            (
                "cross-entropy(ignore_index=3, weights=`class weights`)",
                .crossEntropy(ignoreIndex: 3, weights: "class weights")
            ),
            ("cross-entropy(weights=trace)", .crossEntropy(weights: "trace")),
            ("mse", .meanSquaredError()), ("mse(weights=w)", .meanSquaredError(weights: "w")),
            ("bce", .binaryCrossEntropy()),
            ("bce(positive_weights=p, weights=w)", .binaryCrossEntropy(positiveWeights: "p", weights: "w")),
        ] as [(String, Loss.Function)])
    func parsing(_ text: String, _ function: Loss.Function) throws {
        let loss = try Loss(parsing: text, reduction: .sum)
        #expect(loss.function == function)
        #expect(loss.reduction == .sum)
        #expect(try Loss(parsing: function.description, reduction: .sum) == loss)
        #expect(try Loss(function, reduction: .sum) == loss)
    }

    @Test(
        arguments: [
            (.crossEntropy(), "cross-entropy", []),
            (
                .crossEntropy(ignoreIndex: 1, labelSmoothing: 1e-5, weights: "a b", classAxis: 2),
                "cross-entropy(ignore_index=1, label_smoothing=1e-5, weights=`a b`, class_axis=2)", ["a b"]
            ),
            (
                .binaryCrossEntropy(positiveWeights: "p", weights: "w"), "bce(positive_weights=p, weights=w)",
                ["p", "w"]
            ),
            (.meanSquaredError(weights: "w"), "mse(weights=w)", ["w"]),
        ] as [(Loss.Function, String, [String])])
    func printing(_ function: Loss.Function, _ text: String, _ tensors: [String]) throws {
        #expect(function.description == text)
        #expect(try Loss(function).tensorNames == tensors)
    }

    @Test(arguments: [
        ("", "loss '', column 1: expected cross-entropy, mse or bce, found the end"),
        ("ce", "loss 'ce', column 1: expected cross-entropy, mse or bce, found 'ce'"),
        ("mes", "loss 'mes', column 1: expected cross-entropy, mse or bce, found 'mes'; did you mean 'mse'?"),
        (
            " cross_entropy",
            "loss 'cross_entropy', column 2: expected cross-entropy, mse or bce, found 'cross_entropy'; "
                + "did you mean 'cross-entropy'?"
        ),
        ("cross-", "loss 'cross-', column 7: expected a name after 'cross-', found the end"),
        ("mse + 1", "loss 'mse + 1', column 5: expected '(' or the end, found '+'"),
        ("mse() 2", "loss 'mse() 2', column 7: expected the end, found 2"),
        ("mse(", "loss 'mse(', column 5: expected an operand, found the end"),
        ("mse(3)", "loss 'mse(3)', column 5: expected mse(weights=), found an argument without a name"),
        ("mse(weights=3)", "loss 'mse(weights=3)', column 13: 'weights' needs the name of a tensor, found 3"),
        (
            "mse(weigths=w)",
            "loss 'mse(weigths=w)', column 5: "
                + "'mse' has no argument 'weigths'; it takes 'weights' (did you mean 'weights'?)"
        ),
        (
            "bce(label_smoothing=0.1)",
            "loss 'bce(label_smoothing=0.1)', column 5: 'bce' has no argument 'label_smoothing'; "
                + "it takes 'positive_weights' and 'weights'"
        ),
        (
            "cross-entropy(label_smoothing=1.5)",
            "loss 'cross-entropy(label_smoothing=1.5)', column 31: "
                + "'label_smoothing' needs a number from 0 to 1, found 1.5"
        ),
        (
            "cross-entropy(label_smoothing=-0.1)",
            "loss 'cross-entropy(label_smoothing=-0.1)', column 31: "
                + "'label_smoothing' needs a number from 0 to 1, found -0.1"
        ),
        (
            "cross-entropy(class_axis=0)",
            "loss 'cross-entropy(class_axis=0)', column 26: 'class_axis' needs a whole number from 1, found 0"
        ),
        (
            "cross-entropy(ignore_index=1.5)",
            "loss 'cross-entropy(ignore_index=1.5)', column 28: 'ignore_index' needs a whole number, found 1.5"
        ),
    ])
    func mistakes(_ text: String, _ message: String) {
        let error = #expect(throws: ExpressionError.self) { try Loss(parsing: text) }
        #expect(error?.message == message)
    }

    /// Losses made in Swift are checked alike.
    @Test(
        arguments: [
            (
                .crossEntropy(labelSmoothing: 2),
                "loss 'cross-entropy(label_smoothing=2)', column 31: "
                    + "'label_smoothing' needs a number from 0 to 1, found 2"
            ),
            (
                .crossEntropy(labelSmoothing: .nan),
                "loss 'cross-entropy(label_smoothing=nan)', column 31: "
                    + "'label_smoothing' needs a number from 0 to 1, found 'nan'"
            ),
            (
                .crossEntropy(classAxis: -1),
                "loss 'cross-entropy(class_axis=-1)', column 26: 'class_axis' needs a whole number from 1, found -1"
            ),
        ] as [(Loss.Function, String)])
    func checked(_ function: Loss.Function, _ message: String) {
        let error = #expect(throws: ExpressionError.self) { try Loss(function) }
        #expect(error?.message == message)
    }

    @Test func reductions() throws {
        #expect(try Loss.Reduction(parsing: "mean") == .mean)
        #expect(try Loss.Reduction(parsing: " sum ") == .sum)
        let error = #expect(throws: ExpressionError.self) { try Loss.Reduction(parsing: "men") }
        #expect(error?.message == "reduction 'men', column 1: expected mean or sum, found 'men'; did you mean 'mean'?")
    }
}
