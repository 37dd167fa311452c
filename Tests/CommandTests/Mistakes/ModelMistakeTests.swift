import Testing

/// Networks that cannot be read or run, and parameters that are not theirs.
@Suite struct ModelMistakeTests {
    static let operators: [Mistake] = [
        .eval(
            "--model", "suppression.onnx",
            says:
                "suppression.onnx: 1 operator is not supported: NonMaxSuppression (1 node); export the model without it"
        ),
        .eval(
            "--model", "custom.onnx",
            says: "custom.onnx: 1 operator is not supported: com.acme.Swirl (1 node); export the model without it"),
        .eval(
            "--model", "old.onnx",
            says: "old.onnx: operator set 5 is not supported; export the model with 13 or later"),
        .eval(
            "--model", "wide.onnx",
            says:
                "wide.onnx: node '/fc/MatMul' (MatMul, output 'h'): (B, 3) and (4, 2) do not multiply: 3 columns, 4 rows"
        ),
        .eval(
            "--model", "no-weights.onnx",
            says:
                "the model has no parameters: it has no floating-point initializer that could be one; export it with its weights"
        ),
    ]
    @Test(arguments: operators) func whatCannotBeRead(mistake: Mistake) throws { try mistake.check() }

    static let axes: [Mistake] = [
        .eval(
            "--model", "length.onnx",
            says: "length.onnx: input 'x': expected 3 axes, the first for the examples, found data of shape [4, 3]"),
        .eval(
            "--model", "transposed.onnx",
            says:
                "transposed.onnx: the output 'z' has the shape (2, B); its first axis has to be the examples, B; as one batch of all 4 examples it does not run either (transposed.onnx: the output 'z' has the shape (2, 4); its first axis has to be the examples, 4)"
        ),
        .eval(
            "--model", "fixed.onnx", "--data", "six.safetensors",
            says:
                "fixed.onnx: node '/offset' (Add, output 'z'): (B, 2) and (4, 2) do not fit: one of them holds different values for each position where another has the examples; as one batch of all 6 examples it does not run either: the batch was fixed at 4 when the model was exported; export it with a dynamic batch"
        ),
    ]
    @Test(arguments: axes) func axesOfExamples(mistake: Mistake) throws { try mistake.check() }

    static let names: [Mistake] = [
        .eval(
            "--prediction", "h2",
            says: "m.onnx: the model has no output 'h2'; its outputs are 'y'"),
        .eval(
            "--parameters", "fc.wieght",
            says: "--parameters: no parameter is named 'fc.wieght'; did you mean 'fc.weight'?"),
        .eval(
            "--parameters", "conv*",
            says: "--parameters: no parameter is named 'conv*'; 'curvature inspect' lists the model's"),
        .eval(
            "--parameters", "fc.*,-fc.*",
            says:
                "--parameters: no parameter is selected; 'curvature inspect' lists the model's with the reasons why each is or is not one"
        ),
    ]
    @Test(arguments: names) func namesOfParametersAndOutputs(mistake: Mistake) throws { try mistake.check() }
}
