import Foundation
import ONNXImport
import TensorIR
import Testing

@testable import Curvature

/// Networks written in Swift agree with the importer on the same networks (Fixtures/models, made by PyTorch).
@Suite struct ModelImportTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/models")

    struct Network: Sendable, CustomTestStringConvertible {
        let name: String
        let input: [Int]
        var vocabulary: Int?
        let loss: String
        let layer: any Layer
        var testDescription: String { name }
    }

    static let networks = [
        Network(
            name: "perceptron", input: [5], loss: "mse",
            layer: Sequential(
                Linear(6), LayerNormalization(), Activation.gelu, Linear(4), Activation.softplus, Linear(3))),
        Network(
            name: "convolutional", input: [2, 6, 6], loss: "cross-entropy",
            layer: Sequential(
                Convolution2D(4, size: 3, padding: 1), Activation.silu, BatchNormalization(),
                Residual(
                    Sequential(
                        Convolution2D(4, size: 3, stride: 2, padding: 2, dilation: 2, groups: 2), Activation.tanh),
                    shortcut: Convolution2D(4, size: 1, stride: 2)),
                GroupNormalization(groups: 2), Activation.leakyRelu(slope: 0.1), MaxPooling2D(size: 2, stride: 1),
                AveragePooling2D(size: 2, stride: 1, padding: 1), Flatten(), Linear(3))),
        Network(
            name: "language", input: [4], vocabulary: 7, loss: "cross-entropy",
            layer: Sequential(named: [
                "tokens": Embedding(7, features: 6), "positions": PositionEmbedding(4),
                "blocks": Sequential(TransformerBlock(heads: 2, hidden: 8, isCausal: true)),
                "norm": LayerNormalization(), "head": Linear(7, hasBias: false, tiedWeight: "tokens.weight"),
            ])),
    ]

    @Test(arguments: networks)
    func agreesWithTheImporter(_ network: Network) throws {
        let imported = try Model.onnx(Self.folder.appendingPathComponent("\(network.name).onnx"))
        let built = try Model(network.layer, inputShape: network.input, isInteger: network.vocabulary != nil)
        let names = built.parameters.map(\.name)
        #expect(Set(names) == Set(imported.parameters.map(\.name)))
        #expect(
            Set(built.parameters.filter(\.isTrainable).map(\.name))
                == Set(imported.parameters.filter(\.isTrainable).map(\.name)))
        let copied = try built.withParameters(
            Dictionary(uniqueKeysWithValues: imported.parameters.map { ($0.name, $0.values) }))

        var numbers = SeededNumbers(seed: 11)
        let examples = 5
        let count = network.input.reduce(examples, *)
        let values: ArraySource.Values =
            network.vocabulary.map { vocabulary in
                .int64((0..<count).map { _ in Int64((numbers.next() + 1) * Double(vocabulary) / 2) })
            } ?? .real(numbers.array(count))
        let output = built.graph.shape(built.prediction).sizes(examples: examples)
        let targets: (shape: [Int], values: ArraySource.Values) =
            network.loss == "mse"
            ? (output, .real(numbers.array(output.reduce(1, *))))
            : (
                output.dropLast(),
                .int64(
                    (0..<output.dropLast().reduce(1, *)).map { _ in
                        Int64((numbers.next() + 1) * Double(output.last!) / 2)
                    })
            )
        let trainable = built.parameters.filter(\.isTrainable)
        let size = trainable.reduce(0) { $0 + $1.count }
        let vectors = ArraySource(["v": ([size], .real(numbers.array(size)))])
        let requests = ["prediction", "loss", "gradient", "hessian @ v", "ggn @ v"]
        let results = try [imported, copied].map { model in
            let problem = try Problem(
                name: network.name, model: model, loss: Loss(parsing: network.loss),
                data: ArraySource(["inputs": ([examples] + network.input, values), "targets": targets]),
                vectors: vectors, parameters: trainable.map(\.name))
            return try evaluate(requests, problem, batchSize: 3).results
        }
        for request in requests {
            let (wanted, found) = (try #require(results[0][request]), try #require(results[1][request]))
            #expect(wanted.shape == found.shape)
            #expect(wanted.values.contains { abs($0) > 1e-6 })
            #expect(relativeError(found.values, wanted.values) < 1e-12, "\(request)")
        }
    }
}
