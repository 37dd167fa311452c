import Testing

/// Data, vectors and losses that do not go with the network, and what the command says.
@Suite struct DataMistakeTests {
    static let shapes: [Mistake] = [
        .eval(
            "--data", "narrow.safetensors",
            says: "m.onnx: input 'x': axis 1 has the size 3, found 2 in the data ([4, 2])"),
        .eval(
            "--data", "flat.safetensors",
            says: "m.onnx: input 'x': expected 2 axes, the first for the examples, found data of shape [12]"),
        .eval(
            "--data", "scalar.safetensors",
            says: "m.onnx: input 'x': expected 2 axes, the first for the examples, found data of shape []"),
        .eval("--data", "empty.safetensors", says: "empty.safetensors: 'inputs' has no examples"),
        .eval(
            "--data", "d.safetensors", "--data", "narrow.safetensors",
            says:
                "narrow.safetensors: 'inputs' has shape [4, 2], but d.safetensors has [4, 3]; files of one data set may differ in the number of examples only"
        ),
        .eval(
            "--data", "short.safetensors",
            says: "short.safetensors: 'targets' has shape [3], expected class indices of shape [4]"),
        .eval(
            "--data", "one-hot.safetensors",
            says: "one-hot.safetensors: 'targets' has shape [4, 3], expected class probabilities of shape [4, 2]"),
        .eval(
            "--data", "column.safetensors", "--loss", "mse",
            says: "column.safetensors: 'targets' has shape [4, 1], expected values of shape [4, 2]"),
        .eval(
            "--loss", "mse",
            says:
                "d.safetensors: 'targets' has shape [4], expected values of shape [4, 2]; class indices go with cross-entropy"
        ),
        .eval(
            "--loss", "bce",
            says:
                "d.safetensors: 'targets' has shape [4], expected values of shape [4, 2]; class indices go with cross-entropy"
        ),
    ]
    @Test(arguments: shapes) func shapesAndTypes(mistake: Mistake) throws { try mistake.check() }

    static let names: [Mistake] = [
        .eval(
            "--data", "unlabelled.safetensors",
            says: "unlabelled.safetensors: expected a tensor 'targets', found 'inputs', 'labels'"),
        .eval(
            "--data", "target.safetensors",
            says: "target.safetensors: expected a tensor 'targets', found 'inputs', 'target'; did you mean 'target'?"),
        .eval(
            "--data", "images.safetensors",
            says:
                "images.safetensors: expected a tensor 'inputs' for the model's input, found 'images', 'targets'"),
        .eval("--data", "inputs.npy", says: "inputs.npy: expected a tensor 'targets', found 'inputs'"),
        .eval(
            "hessian @ w",
            says:
                "request 'hessian @ w', column 11: expected a leaf, a function, an earlier request or a tensor, found the unknown name 'w'"
        ),
        .eval(
            "--loss", "cross-entropy(weights=cv)",
            says: "--loss: no tensor 'cv' in v.safetensors"),
        .eval(
            "--loss", "cross-entropy(weights=cw)",
            says: "--loss: 'cw' has shape [3], expected a weight for each class, shape [2]"),
        Mistake(
            ["eval", "loss", "--model", "m.onnx", "--data", "d.safetensors", "--loss", "cross-entropy(weights=cw)"],
            "--loss: no tensor 'cw' in --vectors (not given)"),
    ]
    static let inputs: [Mistake] = [
        .eval(
            "--model", "tokens.onnx", "--data", "flat.safetensors",
            says: "flat.safetensors: 'inputs' holds fractions, but the model's input 'x' takes integers; save it as I64"
        ),
        .eval(
            "--model", "tokens.onnx", "--data", "tokens.safetensors",
            says:
                "tokens.safetensors: examples 0 to 3 have the index 3, which is outside a table of 3 rows at node '/embed'"
        ),
        .eval(
            "--model", "two.onnx",
            says: "d.safetensors: expected a tensor 'x' for the model's input, found 'inputs', 'targets'"),
    ]
    @Test(arguments: inputs) func inputsOfOtherKinds(mistake: Mistake) throws { try mistake.check() }

    @Test(arguments: names) func namesOfTensors(mistake: Mistake) throws { try mistake.check() }

    static let values: [Mistake] = [
        .eval(
            "--data", "nan.safetensors",
            says:
                "request 'loss' gives a value that is not finite: nan.safetensors: 'inputs' has one in example 2 (element 7)"
        ),
        .eval(
            "--data", "from-one.safetensors",
            says:
                "from-one.safetensors: 'targets' has label 2 at example 1, expected 0 to 1; an ignored label is named by ignore_index"
        ),
        .eval(
            "--data", "fractions.safetensors",
            says:
                "fractions.safetensors: 'targets' holds fractions, but class indices of shape [4] are integers; save them as I64"
        ),
        .eval(
            "hessian @ v", "--vectors", "infinite.safetensors",
            says: "infinite.safetensors: 'v' has a value that is not finite at element 1"),
    ]
    @Test(arguments: values) func valuesOfTensors(mistake: Mistake) throws { try mistake.check() }

    static let losses: [Mistake] = [
        .eval(
            "--loss", "crossentropy",
            says:
                "loss 'crossentropy', column 1: expected cross-entropy, mse or bce, found 'crossentropy'; did you mean 'cross-entropy'?"
        ),
        .eval("--loss", "nll", says: "loss 'nll', column 1: expected cross-entropy, mse or bce, found 'nll'"),
        .eval("--loss", "", says: "loss '', column 1: expected cross-entropy, mse or bce, found the end"),
        .eval(
            "--loss", "cross-entropy(label_smoothin=0.1)",
            says:
                "loss 'cross-entropy(label_smoothin=0.1)', column 15: 'cross-entropy' has no argument 'label_smoothin'; it takes 'ignore_index', 'label_smoothing', 'weights' and 'class_axis' (did you mean 'label_smoothing'?)"
        ),
        .eval(
            "--loss", "cross-entropy(0.1)",
            says:
                "loss 'cross-entropy(0.1)', column 15: expected cross-entropy(ignore_index=, label_smoothing=, weights=, class_axis=), found an argument without a name"
        ),
        .eval(
            "--loss", "mse(label_smoothing=0.1)",
            says:
                "loss 'mse(label_smoothing=0.1)', column 5: 'mse' has no argument 'label_smoothing'; it takes 'weights'"
        ),
        .eval(
            "--reduction", "avg", says: "reduction 'avg', column 1: expected mean or sum, found 'avg'"),
    ]
    @Test(arguments: losses) func lossesAndOptions(mistake: Mistake) throws { try mistake.check() }
}
