import Testing

@testable import Curvature

/// Every layer against plain loops.
@Suite struct LayerTests {
    @Test(arguments: LayerCase.all)
    func predictionAndParameters(_ example: LayerCase) throws {
        let model = try Model(
            WithParameter(layer: example.layer), inputShape: example.input, isInteger: example.isInteger
        )
        .randomized(seed: 3)
        let shapes = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.shape) })
        #expect(shapes == example.parameters.merging(["unused": [1]]) { $1 })
        for parameter in model.parameters {
            #expect(parameter.isTrainable == !parameter.name.contains("running"))
        }

        var numbers = SeededNumbers(seed: 5)
        let count = example.input.reduce(1, *)
        let values = (0..<3 * count).map { _ in
            example.isInteger ? ((numbers.next() + 1) * 2.5).rounded(.down) : 2 * numbers.next()
        }
        let found = try model.predictions(Grid([3] + example.input, values), isInteger: example.isInteger)
        let references = LayerReferences(parameters: model.grids)
        let wanted = (0..<3).map { n in
            example.reference(references, Grid(example.input, Array(values[n * count..<(n + 1) * count])))
        }
        #expect(found.shape == [3] + wanted[0].shape)
        #expect(relativeError(found.values, wanted.flatMap(\.values)) < 1e-13)
    }

    @Test func batchNormalizationsStatisticsAreNoDefaultParameters() throws {
        let model = try Model(BatchNormalization(), inputShape: [2])
        let problem = try model.problem(Grid([1, 2], [1, 2]))
        #expect(problem.parameters.map(\.name) == ["weight", "bias"])
        #expect(model.parameters[2].reason == "statistic of a batch normalization")
    }
}
