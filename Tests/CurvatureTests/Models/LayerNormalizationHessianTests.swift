import Testing

@testable import Curvature

/// The Hessian of a network with layer normalizations, whose weights multiply what depends on all parameters before them.
@Suite struct LayerNormalizationHessianTests {
    @Test(arguments: Loss.Reduction.allCases)
    func everyColumnIsAFiniteDifference(reduction: Loss.Reduction) throws {
        var numbers = SeededNumbers(seed: 11)
        let layer = Sequential(Linear(5), LayerNormalization(), Activation.gelu, LayerNormalization(), Linear(3))
        let made = try Model(layer, inputShape: [4], seed: 1)
        let size = made.parameters.reduce(0) { $0 + $1.count }
        // Weights of 1 and biases of 0 would hide what each does.
        let model = made.with(numbers.array(size))
        let (examples, identity) = (6, Matrix.identity(size))
        let problem = try Problem(
            name: "normalized", model: model, loss: Loss(.crossEntropy(), reduction: reduction),
            data: ArraySource(
                [
                    "inputs": ([examples, 4], .real(numbers.array(examples * 4))),
                    "targets": ([examples], .int64((0..<examples).map { Int64($0 % 3) })),
                ], origin: "data"),
            vectors: ArraySource(["I": ([size, size], .real(identity.values))], origin: "vectors"))
        let hessian = Matrix(rows: size, columns: size, try valuesByName(["H = hessian @ I"], problem)["H"]!)
        let differences = try DenseDefinition.differences(problem, along: identity) {
            try valuesByName(["gradient"], $0)["gradient"]!
        }
        #expect(relativeError(hessian.transposed.values, hessian.values) < 1e-13)
        var row = 0
        for parameter in problem.parameters {
            let rows = row * size..<(row + parameter.count) * size
            #expect(
                relativeError(Array(hessian.values[rows]), Array(differences.values[rows])) < 1e-8,
                "the rows of \(parameter.name)")
            row += parameter.count
        }
    }
}
