import Testing

@testable import Curvature

/// What bad data and options are told, word by word.
@Suite struct LossErrorTests {
    /// Six examples for a network, with everything a test may spoil.
    struct Given: Sendable {
        var architecture = Architecture.flat
        var loss = "cross-entropy"
        var reduction = Loss.Reduction.mean
        var inputs: (shape: [Int], values: [Double])
        var targets: (shape: [Int], values: ArraySource.Values)?
        var otherData: [String] = []
        var vectors: [String: (shape: [Int], values: [Double])] = [:]
        var parameters: [Int: Double] = [:]
        var requests = ["loss"]
        var precision = Precision.float64

        init(_ architecture: Architecture = .flat, _ loss: String = "cross-entropy", examples: Int = 6) {
            (self.architecture, self.loss) = (architecture, loss)
            let shape = [examples] + architecture.inputShape
            var numbers = SeededNumbers(seed: 5)
            inputs = (shape, numbers.array(shape.reduce(1, *)))
            let isIndex = loss.hasPrefix("cross-entropy")
            let targetShape = architecture.targetShape(examples, isIndex: isIndex)
            let count = targetShape.reduce(1, *)
            targets = (
                targetShape,
                isIndex ? .int64((0..<count).map { Int64($0 % 3) }) : .real((0..<count).map { Double($0 % 2) })
            )
            let parameters = architecture == .flat ? 31 : 36
            vectors["v"] = ([parameters], numbers.array(parameters))
            vectors["class_weights"] = ([3], [1, 2, 3])
        }
        /// The same with a label replaced, and so on.
        func with(_ change: (inout Given) -> Void) -> Given {
            var given = self
            change(&given)
            return given
        }
        func label(_ label: Int64, at index: Int) -> Given {
            with { given in
                guard case .int64(var values) = given.targets!.values else { return }
                values[index] = label
                given.targets!.values = .int64(values)
            }
        }
        func vector(_ name: String, _ shape: [Int], _ values: [Double]? = nil) -> Given {
            with { $0.vectors[name] = (shape, values ?? [Double](repeating: 1, count: shape.reduce(1, *))) }
        }
        func target(_ value: Double, at index: Int) -> Given {
            with { given in
                guard case .real(var values) = given.targets!.values else { return }
                values[index] = value
                given.targets!.values = .real(values)
            }
        }
        func targets(_ shape: [Int], isInteger: Bool = false) -> Given {
            let count = shape.reduce(1, *)
            return with {
                $0.targets = (
                    shape,
                    isInteger
                        ? .int64([Int64](repeating: 1, count: count)) : .real([Double](repeating: 0.5, count: count))
                )
            }
        }

        func run() throws {
            var model = try architecture.model()
            var values = model.allValues
            for (index, value) in parameters { values[index] = value }
            model = model.with(values)
            var arrays: [String: (shape: [Int], values: ArraySource.Values)] = [
                "inputs": (inputs.shape, .real(inputs.values))
            ]
            arrays["targets"] = targets
            for name in otherData { arrays[name] = ([1], .real([1])) }
            let problem = try Problem(
                name: "model", model: model, loss: Loss(parsing: loss, reduction: reduction),
                data: ArraySource(arrays, origin: "data"),
                vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }, origin: "vectors"))
            _ = try evaluate(requests, problem, batchSize: 4, precision: precision)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let given: Given
        let message: String
        let code: ProblemError.Code
        init(_ given: Given, _ code: ProblemError.Code, _ message: String) {
            (self.given, self.code, self.message) = (given, code, message)
        }
        var testDescription: String { message }
    }

    private static func expect(_ mistake: Case) {
        let error = #expect(throws: ProblemError.self) { try mistake.given.run() }
        #expect(error?.message == mistake.message)
        #expect(error?.code == mistake.code)
        #expect(error.map { "\($0)" } == mistake.message)
    }

    @Test(arguments: [
        Given(), Given(.sequence), Given(.classesSecond, "cross-entropy(class_axis=1)"), Given(.flat, "mse"),
    ])
    func goodInputIsFine(given: Given) throws { try given.run() }

    private static let range = "expected 0 to 2; an ignored label is named by ignore_index"
    private static let large: Given = {
        var given = Given(.sequence, examples: 20_000).label(7, at: 70_001)
        given.requests = ["gradient"]
        return given
    }()
    private static let labels: [Case] = [
        Case(Given().label(3, at: 4), .target, "data: 'targets' has label 3 at example 4, \(range)"),
        Case(Given().label(-1, at: 0), .target, "data: 'targets' has label -1 at example 0, \(range)"),
        Case(
            Given(.flat, "cross-entropy(ignore_index=-1)").label(-100, at: 5), .target,
            "data: 'targets' has label -100 at example 5, \(range)"),
        Case(
            Given().label(4_294_967_296, at: 1), .target,
            "data: 'targets' has label 4294967296 at example 1, \(range)"),
        Case(
            Given().label(.min, at: 1), .target, "data: 'targets' has label -9223372036854775808 at example 1, \(range)"
        ),
        Case(Given(.sequence).label(3, at: 9), .target, "data: 'targets' has label 3 at example 2, term 1, \(range)"),
        Case(Given(.grid).label(5, at: 23), .target, "data: 'targets' has label 5 at example 5, term 3, \(range)"),
        Case(
            Given(.classesSecond, "cross-entropy(class_axis=1)").label(3, at: 9), .target,
            "data: 'targets' has label 3 at example 2, term 1, \(range)"),
        Case(large, .target, "data: 'targets' has label 7 at example 17500, term 1, \(range)"),
        // Also where no result depends on the labels.
        Case(
            Given().label(3, at: 4).with { $0.requests = ["prediction"] }, .target,
            "data: 'targets' has label 3 at example 4, \(range)"),
    ]
    @Test(arguments: labels) func labelsOutsideTheClasses(mistake: Case) { Self.expect(mistake) }

    private static let undefined = "so its mean is undefined; use --reduction sum, or other targets"
    private static let divisors: [Case] = [
        Case(
            Given(.flat, "cross-entropy(ignore_index=1)").targets([6], isInteger: true), .target,
            "data: 'targets' has no term that counts (ignore_index=1), \(undefined)"),
        Case(
            Given(.sequence, "cross-entropy(ignore_index=1, weights=class_weights)").targets([6, 4], isInteger: true),
            .target,
            "data: 'targets' has no term that counts (ignore_index=1), \(undefined)"),
        Case(
            Given(.flat, "cross-entropy(weights=w)").targets([6], isInteger: true).vector("w", [3], [1, 0, 1]), .loss,
            "--loss: the class weights 'w' of the terms that count sum to 0.0, so their mean is undefined; "
                + "use --reduction sum, or other weights"),
        Case(
            Given(.flat, "cross-entropy(weights=w)").targets([6], isInteger: true).vector("w", [3], [1, -0.5, 1]),
            .loss,
            "--loss: the class weights 'w' of the terms that count sum to -3.0, so their mean is undefined; "
                + "use --reduction sum, or other weights"),
    ]
    @Test(arguments: divisors) func divisorsOfZero(mistake: Case) throws {
        Self.expect(mistake)
        // A sum is defined.
        try mistake.given.with { $0.reduction = .sum }.run()
    }

    private static let options: [Case] = [
        Case(
            Given(.flat, "cross-entropy(weights=w)").vector("w", [4]), .loss,
            "--loss: 'w' has shape [4], expected a weight for each class, shape [3]"),
        Case(
            Given(.flat, "cross-entropy(weights=w)").vector("w", [1, 3]), .loss,
            "--loss: 'w' has shape [1, 3], expected a weight for each class, shape [3]"),
        Case(
            Given(.sequence, "cross-entropy(weights=w)").vector("w", [4]), .loss,
            "--loss: 'w' has shape [4], expected a weight for each class, shape [3]"),
        Case(
            Given(.sequence, "mse(weights=w)").vector("w", [6, 4]), .loss,
            "--loss: 'w' has shape [6, 4], expected a shape that broadcasts to [6, 4, 3]"),
        Case(
            Given(.sequence, "mse(weights=w)").vector("w", [2, 1, 1]), .loss,
            "--loss: 'w' has shape [2, 1, 1], expected a shape that broadcasts to [6, 4, 3]"),
        Case(
            Given(.flat, "bce(weights=w)").vector("w", [1, 6, 3]), .loss,
            "--loss: 'w' has shape [1, 6, 3], expected a shape that broadcasts to [6, 3]"),
        Case(
            Given(.flat, "bce(positive_weights=p)").vector("p", [2]), .loss,
            "--loss: 'p' has shape [2], expected a shape that broadcasts to [6, 3]"),
        Case(
            Given(.flat, "cross-entropy(weights=class_weigths)"), .loss,
            "--loss: no tensor 'class_weigths' in vectors; did you mean 'class_weights'?"),
        Case(Given(.flat, "bce(positive_weights=p, weights=v)"), .loss, "--loss: no tensor 'p' in vectors"),
        Case(
            Given(.flat, "cross-entropy(class_axis=2)"), .loss,
            "--loss: class_axis=2 is no axis of the predictions [6, 3]; expected 1 to 1"),
        Case(
            Given(.sequence, "cross-entropy(class_axis=3)"), .loss,
            "--loss: class_axis=3 is no axis of the predictions [6, 4, 3]; expected 1 to 2"),
    ]
    @Test(arguments: options) func lossOptions(mistake: Case) { Self.expect(mistake) }

    private static let shapes: [Case] = [
        Case(
            Given().targets([6, 2]), .data,
            "data: 'targets' has shape [6, 2], expected class probabilities of shape [6, 3]"),
        Case(
            Given(.classesSecond, "cross-entropy(class_axis=1)").targets([6, 4, 3]), .data,
            "data: 'targets' has shape [6, 4, 3], expected class probabilities of shape [6, 3, 4]"),
        Case(
            Given().targets([6]), .data,
            "data: 'targets' holds fractions, but class indices of shape [6] are integers; save them as I64"),
        Case(
            Given(.sequence).targets([6, 4]), .data,
            "data: 'targets' holds fractions, but class indices of shape [6, 4] are integers; save them as I64"),
        Case(
            Given().targets([5], isInteger: true), .data,
            "data: 'targets' has shape [5], expected class indices of shape [6]"),
        Case(
            Given().targets([6, 3], isInteger: true), .data,
            "data: 'targets' has shape [6, 3], expected class indices of shape [6]"),
        Case(
            Given(.classesSecond, "cross-entropy(class_axis=1)").targets([6, 3], isInteger: true), .data,
            "data: 'targets' has shape [6, 3], expected class indices of shape [6, 4]"),
        Case(Given(.flat, "mse").targets([6]), .data, "data: 'targets' has shape [6], expected values of shape [6, 3]"),
        Case(
            Given(.sequence, "bce").targets([6, 3, 4]), .data,
            "data: 'targets' has shape [6, 3, 4], expected values of shape [6, 4, 3]"),
        Case(Given().with { $0.targets = nil }, .data, "data: expected a tensor 'targets', found 'inputs'"),
        Case(
            Given().with { ($0.targets, $0.otherData) = (nil, ["target"]) }, .data,
            "data: expected a tensor 'targets', found 'inputs', 'target'; did you mean 'target'?"),
        Case(Given(examples: 0), .data, "data: 'inputs' has no examples"),
    ]
    @Test(arguments: shapes) func targetsThatDoNotFit(mistake: Case) { Self.expect(mistake) }

    private static let start = "request 'loss' gives a value that is not finite:"
    private static let notFinite: [Case] = [
        Case(
            Given().with { $0.inputs.values[7] = .nan }, .notFinite,
            "\(start) data: 'inputs' has one in example 2 (element 7)"),
        Case(
            Given(.sequence).with { $0.inputs.values[71] = .infinity }, .notFinite,
            "\(start) data: 'inputs' has one in example 5 (element 71)"),
        Case(
            Given(.flat, "mse").target(.nan, at: 17), .notFinite,
            "\(start) data: 'targets' has one in example 5 (element 17)"),
        Case(
            Given().targets([6, 3]).target(.nan, at: 4), .notFinite,
            "\(start) data: 'targets' has one in example 1 (element 4)"),
        Case(
            Given(.flat, "bce").target(.infinity, at: 0), .notFinite,
            "\(start) data: 'targets' has one in example 0 (element 0)"),
        Case(
            Given().with { $0.parameters = [14: .nan] }, .notFinite,
            "\(start) parameter '0.bias' has one at element 2"),
        Case(
            Given().vector("v", [31], [1, 1, .nan] + [Double](repeating: 0, count: 28)).with {
                $0.requests = ["ggn @ v"]
            },
            .notFinite, "vectors: 'v' has a value that is not finite at element 2"),
        Case(
            Given(.flat, "cross-entropy(weights=w)").vector("w", [3], [1, .nan, 1]), .notFinite,
            "vectors: 'w' has a value that is not finite at element 1"),
        Case(
            Given(.flat, "cross-entropy(weights=w)").vector("w", [3], [1, 1, .infinity]).with { $0.reduction = .sum },
            .notFinite, "vectors: 'w' has a value that is not finite at element 2"),
        Case(
            Given(.flat, "mse(weights=w)").vector("w", [6, 1], [1, 1, 1, .nan, 1, 1]), .notFinite,
            "\(start) vectors: 'w' has one in example 3 (element 3)"),
        Case(
            Given(.flat, "mse").with { ($0.parameters, $0.precision) = ([30: 1e30], .float32) }, .notFinite,
            "\(start) it overflows in float32; --precision float64 has a wider range"),
    ]
    @Test(arguments: notFinite) func notFiniteNumbersAreFound(mistake: Case) { Self.expect(mistake) }
}
