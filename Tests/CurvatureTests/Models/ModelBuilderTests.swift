import Foundation
import Safetensors
import Testing

@testable import Curvature

@Suite struct ModelBuilderTests {
    private func perceptron(seed: UInt64 = 0) throws -> Model {
        try Model(Sequential(Linear(3), Activation.tanh, Linear(2)), inputShape: [4], seed: seed)
    }

    @Test func namesAndDefaultValues() throws {
        let model = try perceptron()
        #expect(model.parameters.map(\.name) == ["0.weight", "0.bias", "2.weight", "2.bias"])
        let grids = model.grids
        // Uniform in +-1/sqrt(fan in), and not all alike.
        for (name, bound) in [("0.weight", 0.5), ("0.bias", 0.5), ("2.weight", 1 / 3.0.squareRoot())] {
            let values = try #require(grids[name]).values
            #expect(values.allSatisfy { abs($0) <= bound })
            #expect(values.contains { abs($0) > bound / 4 })
            #expect(Set(values).count == values.count)
        }
    }

    @Test func valuesDependOnTheSeedAndThePlaceOnly() throws {
        #expect(try perceptron(seed: 4).allValues == perceptron(seed: 4).allValues)
        #expect(try perceptron(seed: 4).allValues != perceptron(seed: 5).allValues)
        let longer = try Model(Sequential(Linear(3), Activation.tanh, Linear(7)), inputShape: [4], seed: 4)
        #expect(try longer.grids["0.weight"]?.values == perceptron(seed: 4).grids["0.weight"]?.values)
    }

    @Test func normalDrawsHaveTheirDeviation() throws {
        let model = try Model(Embedding(200, features: 20, deviation: 0.5), inputShape: [2], isInteger: true, seed: 1)
        let values = model.allValues
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        // Five standard errors of 4000 draws.
        #expect(abs(mean) < 5 * 0.5 / 4000.0.squareRoot())
        #expect(abs(variance - 0.25) < 5 * 0.25 * (2 / 4000.0).squareRoot())
    }

    @Test func aTiedWeightIsOneParameter() throws {
        let model = try Model(
            Sequential(named: [
                "tokens": Embedding(5, features: 3), "head": Linear(5, hasBias: false, tiedWeight: "tokens.weight"),
            ]), inputShape: [2], isInteger: true
        ).randomized(seed: 1)
        #expect(model.parameters.map(\.name) == ["tokens.weight"])
        let found = try model.predictions(Grid([1, 2], [4, 1]), isInteger: true)
        let table = try #require(model.grids["tokens.weight"])
        let wanted = Grid([1, 2, 5]) { place in
            let row = place[1] == 0 ? 4 : 1
            return (0..<3).reduce(0) { $0 + table[row, $1] * table[place[2], $1] }
        }
        #expect(relativeError(found.values, wanted.values) < 1e-14)
    }

    @Test func twoInputsAndFunctionsWithoutLayers() throws {
        let builder = ModelBuilder(seed: 2)
        let a = try builder.input("a", shape: [2])
        let b = try builder.input("b", shape: [2])
        let scale = try builder.scope("mix").parameter("scale", shape: [2], .constant(3))
        let model = try (a * scale + b.square() / 2).model()
        #expect(model.inputs.map(\.name) == ["a", "b"])
        let data = ArraySource([
            "a": ([1, 2], .real([1, 2])), "b": ([1, 2], .real([3, 4])), "targets": ([1, 2], .real([0, 0])),
        ])
        let problem = try Problem(
            name: "two", model: model, loss: Loss(.meanSquaredError()), data: data, vectors: ArraySource([:]))
        #expect(try evaluate(["prediction"], problem).results["prediction"]?.values == [7.5, 14])
    }

    @Test func predictionsMustKeepExamplesApart() throws {
        let builder = try ModelBuilder(inputShape: [2])
        let constant = try builder.constant([1, 2], shape: [2])
        let error = #expect(throws: ModelError.self) { try constant.model() }
        #expect(error?.description == "expected predictions with the examples along the first axis, found (2)")
        let tokens = try ModelBuilder(inputShape: [2], isInteger: true)
        #expect(
            #expect(throws: ModelError.self) { try tokens.input.model() }?.description
                == "expected predictions that are real numbers, found integers or truth values")
    }

    @Test func savedParametersComeBack() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        let model = try perceptron(seed: 1).randomized(seed: 8)
        try model.writeParameters(to: url)
        #expect(try perceptron(seed: 2).readingParameters(from: url).allValues == model.allValues)
        let drawn = try perceptron(seed: 1)
        try drawn.writeParameters(to: url)
        #expect(try SafetensorsFile(contentsOf: url).entry("0.weight").dtype == .f32)
        #expect(try perceptron(seed: 2).readingParameters(from: url).allValues == drawn.allValues)
    }

    @Test(arguments: [
        (
            ["0.weight": [3, 4], "0.bias": [3], "2.Weight": [2, 3], "2.bias": [2]],
            "expected a tensor '2.weight' of shape [2, 3], found none; did you mean '2.Weight'?"
        ),
        (
            ["0.weight": [4, 3], "0.bias": [3], "2.weight": [2, 3], "2.bias": [2]],
            "tensor '0.weight' has shape [4, 3], but the model's parameter has [3, 4]"
        ),
        (
            ["0.weight": [3, 4], "0.bias": [3], "2.weight": [2, 3], "2.bias": [2], "4.bias": [1]],
            "the model has no parameter '4.bias'; read with ignoringOthers: true to leave such tensors out"
        ),
    ])
    func filesThatDoNotFit(shapes: [String: [Int]], text: String) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        try SafetensorsWriter.write(
            shapes.sorted { $0.key < $1.key }.map { name, shape in
                SafetensorsTensor(name: name, shape: shape, values: [Float](repeating: 1, count: shape.reduce(1, *)))
            }, to: url)
        let error = #expect(throws: ModelError.self) { try perceptron().readingParameters(from: url) }
        #expect(error?.message == text)
        #expect(error?.place == url.relativePath)
        if shapes.count > 4 {
            #expect(
                try perceptron().readingParameters(from: url, ignoringOthers: true).allValues.allSatisfy { $0 == 1 })
        }
    }

    @Test func integersAreNoParameters() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        try SafetensorsWriter.write([SafetensorsTensor(name: "weight", shape: [1, 1], values: [Int64(1)])], to: url)
        let model = try Model(Linear(1, hasBias: false), inputShape: [1])
        #expect(
            #expect(throws: ModelError.self) { try model.readingParameters(from: url) }?.message
                == "expected real numbers in tensor 'weight', found I64; save it as F32")
    }

    @Test func valuesThatDoNotFit() throws {
        let model = try perceptron()
        #expect(
            #expect(throws: ModelError.self) { try model.withParameters(["0.bias": .float32([1])]) }?.description
                == "parameter '0.bias' of shape [3] takes 3 values, found 1")
        #expect(
            #expect(throws: ModelError.self) { try model.withParameters(["0.bais": .float32([1])]) }?.description
                == "the model has no parameter '0.bais'; did you mean '0.bias'?")
    }
}
