import Testing

@testable import Curvature

/// The examples of docs/swift.md.
@Suite struct GuideTests {
    struct Gated: Layer {
        func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
            let gate = try Linear(8)(x, in: scope.child("gate")).sigmoid()
            return try gate * Linear(8)(x, in: scope.child("value"))
        }
    }

    @Test func aModelThatNeedsNoFile() throws {
        let n = 3
        var numbers = SeededNumbers(seed: 1)
        let pixels = numbers.array(n * 64)
        let labels = [3, 9, 0]

        let network = Sequential(
            Convolution2D(8, size: 3, padding: 1), Activation.relu, MaxPooling2D(size: 2), Flatten(), Linear(10))
        let model = try Model(network, inputShape: [1, 8, 8], seed: 0)
        let problem = try Problem(
            model: .network(model), loss: .crossEntropy(),
            data: .arrays(["inputs": HostArray(pixels, shape: [n, 1, 8, 8]), "targets": HostArray(labels, shape: [n])]))

        #expect(model.parameters.map(\.name) == ["0.weight", "0.bias", "4.weight", "4.bias"])
        #expect(problem.shape.parameters == 8 * 9 + 8 + 10 * 128 + 10)
        // The gradient of cross-entropy sums to zero over the classes of the last bias.
        let (gradient, loss) = try compile(problem.gradient, problem.lossValue, options: float64Options).run()
        #expect(abs(gradient.suffix(10).reduce(0, +)) < 1e-14)
        #expect(gradient.suffix(10).contains { abs($0) > 1e-3 })
        #expect(loss > 0)
    }

    @Test func aLayerOfOnesOwn() throws {
        let model = try Model(Sequential(Gated(), Linear(1)), inputShape: [3])
        #expect(
            model.parameters.map(\.name) == [
                "0.gate.weight", "0.gate.bias", "0.value.weight", "0.value.bias", "1.weight", "1.bias",
            ])
        let error = #expect(throws: ModelError.self) {
            try Model(Sequential(Flatten(), Gated()), inputShape: [2, 2], isInteger: true)
        }
        #expect(error?.description == "Linear '1.gate': expected real numbers, found int64 of shape (B, 4)")
    }

    @Test func aLossOfOnesOwn() throws {
        let huber = Loss.custom("huber") { predictions, targets in
            let error = try (predictions - targets).abs()
            return try (error - 1).wherePositive(error - 0.5, else: error.square() * 0.5)
        }
        let model = try Model(Linear(2, hasBias: false), inputShape: [1], seed: 0)
        let problem = try Problem(
            model: .network(model), loss: huber,
            data: .arrays([
                "inputs": HostArray([1, 2], shape: [2, 1]), "targets": HostArray([0.25, 9, -0.5, -9], shape: [2, 2]),
            ]))
        let execution = try compile(problem.gradient, problem.lossValue, options: float64Options).execution()
        try execution.execution.setParameter("weight", to: [0, 0])
        let (gradient, loss) = try execution.run()
        #expect(abs(loss - (0.03125 + 8.5 + 0.125 + 8.5) / 4) < 1e-14)
        #expect(relativeError(gradient.values, [(-0.25 + 2 * 0.5) / 4, (-1 + 2) / 4]) < 1e-14)
    }
}
