import Kernels
import TensorIR
import Testing

@testable import Curvature

/// Layers are found by where parameters meet the data.
@Suite struct LayerDiscoveryTests {
    private func layers(
        _ model: Model, _ inputs: [Int], outputs: Int = 3, isInteger: Bool = false, parameters: [String] = []
    ) throws -> [String] {
        let count = 4 * inputs.reduce(1, *)
        let shape = [4] + model.graph.shape(model.prediction).dimensions.dropFirst().map(\.inner)
        let data = ArraySource([
            "inputs": (
                [4] + inputs,
                isInteger
                    ? .int64([Int64](repeating: 0, count: count)) : .real([Double](repeating: 0, count: count))
            ), "targets": (shape, .real([Double](repeating: 0, count: shape.reduce(1, *)))),
        ])
        let problem = try Problem(
            name: "model", model: model, loss: Loss(.meanSquaredError()), data: data, vectors: ArraySource([:]),
            parameters: parameters)
        let network = try NetworkLowering(problem)
        return try LayerDiscovery.layers(network, for: "kfac").map { layer in
            let names = layer.parameters.map { problem.parameters[$0].name }.joined(separator: "+")
            let role =
                switch layer.role {
                case .affine(let layout):
                    "\(layout.outputs)x\(layout.inputs)\(layout.isRowMajor ? "" : " transposed"), \(layer.useCount) uses"
                case .bias: "bias alone"
                case .table(let layout): "table of \(layout.inputs) rows"
                case .elementwise: "elementwise"
                case .unused: "unused"
                }
            return "\(names): \(role)"
        }
    }

    @Test(arguments: [
        ("mlp", ["0.weight+0.bias: 4x3, 1 uses", "1.weight+1.bias: 3x4 transposed, 1 uses"]),
        ("twice", ["0.weight: 4x3, 1 uses", "1.weight+1.bias: 4x4, 2 uses", "2.weight+2.bias: 3x4, 1 uses"]),
        (
            "twice, one bias",
            ["0.weight: 4x3, 1 uses", "1.weight+1.bias: 4x4, 2 uses", "2.weight+2.bias: 3x4, 1 uses"]
        ),
        (
            "folded",
            [
                "q.weight+q.bias: 3x3, 1 uses", "k.weight+k.bias: 3x3 transposed, 1 uses",
                "out.weight+out.bias: 3x3, 1 uses",
            ]
        ),
        ("convolution", ["0.weight+0.bias: 4x6, 1 uses", "1.weight: 3x24, 1 uses", "2.weight+2.bias: 3x18, 1 uses"]),
        (
            "transformer",
            [
                "embedding: table of 5 rows", "places: elementwise", "norm.weight: elementwise",
                "norm.bias: elementwise",
                "q.weight+q.bias: 2x3, 1 uses", "head.weight: 3x3, 1 uses",
            ]
        ),
    ])
    func layersOfNetworks(name: String, wanted: [String]) throws {
        let network = try ProbedNetwork.named(name)
        let found = try layers(
            network.model, network.inputShape, isInteger: network.rows != nil, parameters: ProbedNetwork.own)
        #expect(found == wanted)
    }

    @Test func biasesAloneAndUnusedParameters() throws {
        var network = TestNetwork(seed: 1)
        let hidden = try network.graph.tanh(network.linear("0", network.input([3]), 4))
        let output = try network.linear("1", hidden, 2)
        _ = try network.parameter("unused", [3])
        let model = network.model(output)
        #expect(
            try layers(model, [3], parameters: ["0.bias", "unused", "1.weight"]) == [
                "0.bias: bias alone", "unused: unused", "1.weight: 2x4, 1 uses",
            ])
    }

    /// Two products and two biases that are added up: each bias belongs to the product beside it, though all four have one gradient.
    @Test func biasesOfProductsThatAreAddedUp() throws {
        var network = TestNetwork(seed: 1)
        let x = try network.input([3])
        let sum = try network.graph.add(network.linear("a", x, 2), network.linear("b", network.graph.tanh(x), 2))
        #expect(
            try layers(network.model(sum), [3]) == ["a.weight+a.bias: 2x3, 1 uses", "b.weight+b.bias: 2x3, 1 uses"])
    }

    /// A fused projection, sliced into the matrices of queries, keys and values.
    @Test func slicesOfOneWeight() throws {
        var network = TestNetwork(seed: 1)
        let graph = network.graph
        let x = try network.input([3])
        let weight = try network.parameter("qkv", [6, 3])
        let parts = try (0..<3).map { part in
            try graph.matmul(x, graph.permute(graph.slice(weight, axis: 0, start: 2 * part, count: 2), [1, 0]))
        }
        let output = try graph.add(parts[0], graph.multiply(parts[1], graph.tanh(parts[2])))
        #expect(try layers(network.model(output), [3]) == ["qkv: 6x3, 3 uses"])
    }

    @Test func mixedRolesAreRefusedByName() throws {
        var network = TestNetwork(seed: 1)
        let graph = network.graph
        let x = try network.input([4], .int64)
        let table = try network.parameter("tied", [5, 3])
        let embedded = try graph.append(Gather(), table, x)
        let output = try graph.matmul(graph.tanh(embedded), graph.permute(table, [1, 0]))
        let model = network.model(output)
        let error = #expect(throws: ProblemError.self) { try layers(model, [4], isInteger: true) }
        #expect(
            error?.message
                == "kfac: no Kronecker-factored block: 'tied' is used in 2 roles (a matrix of 5 x 3, a table of embeddings); leave it out with --parameters -tied, or use ggn"
        )
    }

    @Test func whatHasNoBlockIsRefusedByName() throws {
        var network = TestNetwork(seed: 1)
        let graph = network.graph
        let x = try network.input([3])
        let (a, b) = (try network.parameter("a", [2, 4]), try network.parameter("b", [4, 3]))
        let scaled = try network.parameter("c", [3, 2])
        let merged = try graph.permute(graph.contract(a, [0, 1], b, [1, 2], to: [0, 2]), [1, 0])
        let hidden = try graph.matmul(x, merged)
        let output = try graph.matmul(hidden, graph.permute(graph.multiply(scaled, graph.exp(scaled)), [1, 0]))
        let model = network.model(output)
        let error = #expect(throws: ProblemError.self) { try layers(model, [3]) }
        #expect(
            error?.message
                == "kfac: no Kronecker-factored block: 'a' goes through 'contract' before it meets the data; 'b' goes through 'contract' before it meets the data; 'c' is scaled element by element before it meets the data; leave it out with --parameters -a,-b,-c, or use ggn"
        )
    }
}
