import Testing

@testable import Curvature

/// The axis of the classes where the loss does not name one: the only one that the shapes allow.
@Suite struct ClassAxisTests {
    /// Predictions of a shape from inputs of that shape, each scaled by a parameter.
    private static func problem(_ sizes: [Int], targets: [Int], _ loss: String = "cross-entropy", classes: Int = 2)
        throws
        -> Problem
    {
        var network = TestNetwork(seed: 3)
        let x = try network.input(sizes)
        let scale = try network.parameter("scale", sizes)
        let y = try network.graph.multiply(x, network.graph.broadcast(scale, to: network.graph.shape(x)))
        var numbers = SeededNumbers(seed: 6)
        let n = 4
        let labels = (0..<n * targets.reduce(1, *)).map { Int64($0 % classes) }
        return try Problem(
            model: network.model(y), loss: Loss(parsing: loss),
            inputs: ([n] + sizes, numbers.array(n * sizes.reduce(1, *))), targets: ([n] + targets, labels))
    }

    @Test(
        arguments: [
            ([3, 4], [4], 1), ([3, 4], [3], 2), ([3, 4, 5], [4, 5], 1), ([3, 4, 5], [3, 5], 2),
            ([5, 4, 5], [5, 4], 3),
            ([3, 4, 4], [4, 4], 1),
        ] as [([Int], [Int], Int)])
    func theOnlyAxisIsTaken(sizes: [Int], targets: [Int], axis: Int) throws {
        let requests = ["loss", "gradient", "G = ggn @ gradient"]
        let got = try valuesByName(requests, Self.problem(sizes, targets: targets))
        let wanted = try valuesByName(
            requests, Self.problem(sizes, targets: targets, "cross-entropy(class_axis=\(axis))"))
        #expect(got == wanted)
    }

    @Test func options() throws {
        let problem = try Self.problem([3, 4], targets: [4], "cross-entropy(label_smoothing=0.1, ignore_index=1)")
        #expect(problem.loss.function == .crossEntropy(ignoreIndex: 1, labelSmoothing: 0.1, weights: nil, classAxis: 1))
        #expect(try Self.problem([3, 4], targets: [3]).loss.function == .crossEntropy())
    }

    @Test(
        arguments: [
            (
                [5, 5, 5], [5, 5],
                "axis 1, 2 or 3; say which: cross-entropy(class_axis=1), cross-entropy(class_axis=2) or cross-entropy(class_axis=3); PyTorch has them on axis 1"
            ),
            (
                [3, 3], [3],
                "axis 1 or 2; say which: cross-entropy(class_axis=1) or cross-entropy(class_axis=2); PyTorch has them on axis 1"
            ),
            ([4, 3, 3], [4, 3], "axis 2 or 3; say which: cross-entropy(class_axis=2) or cross-entropy(class_axis=3)"),
        ] as [([Int], [Int], String)])
    func severalAxesAreAsked(sizes: [Int], targets: [Int], choices: String) throws {
        let error = #expect(throws: ProblemError.self) { try Self.problem(sizes, targets: targets) }
        #expect(error?.code == .loss)
        #expect(
            error?.message
                == "--loss: arrays: 'targets' of shape \([4] + targets) fits predictions of shape \([4] + sizes) with the classes on \(choices)"
        )
        for axis in 1...sizes.count where sizes[axis - 1] == 3 || sizes.count == 3 {
            if targets == sizes.enumerated().filter({ $0.offset != axis - 1 }).map(\.element) {
                _ = try Self.problem(sizes, targets: targets, "cross-entropy(class_axis=\(axis))")
            }
        }
    }

    /// An axis of one class is nobody's choice: the targets are wrong instead.
    @Test func oneClassIsNone() {
        let error = #expect(throws: ProblemError.self) { try Self.problem([1, 5], targets: [5], classes: 1) }
        #expect(error?.message == "arrays: 'targets' has shape [4, 5], expected class indices of shape [4, 1]")
    }

    /// Probabilities have the predictions' shape: nothing tells the axis, so it is said.
    @Test func probabilitiesAreANote() throws {
        func notes(_ sizes: [Int], _ loss: String) throws -> [String] {
            var network = TestNetwork(seed: 3)
            let x = try network.input(sizes)
            let scale = try network.parameter("scale", sizes)
            let y = try network.graph.multiply(x, network.graph.broadcast(scale, to: network.graph.shape(x)))
            let shape = [2] + sizes
            let values = [Double](repeating: 0.5, count: shape.reduce(1, *))
            return try Problem(
                name: "m", model: network.model(y), loss: Loss(parsing: loss),
                data: ArraySource(["inputs": (shape, .real(values)), "targets": (shape, .real(values))]),
                vectors: ArraySource([:])
            ).notes(on: [])
        }
        #expect(
            try notes([3, 4], "cross-entropy") == [
                "the targets are class probabilities of shape [2, 3, 4], with the classes taken to be on the last axis; "
                    + "where they are on axis 1, as PyTorch has them, say cross-entropy(class_axis=1)"
            ])
        #expect(try notes([3, 4], "cross-entropy(class_axis=2)") == [])
        #expect(try notes([4], "cross-entropy") == [])
        #expect(try notes([3, 4], "mse") == [])
    }
}
