import Foundation
import TensorIR
import Testing

@testable import Curvature
@testable import ONNXImport

/// Kronecker factors of a recurrent network that one exporter writes as an operator with both biases in one tensor, and another as the
/// products and sums that it is: they are of the same layers.
@Suite struct RecurrentFactorTests {
    /// An Elman network, written out, with these values.
    private static func writtenOut(_ parameters: [Parameter], positions: Int, inputs: Int) throws -> Model {
        var network = TestNetwork(seed: 1)
        let graph = network.graph
        let x = try network.input([positions, inputs])
        let nodes = try parameters.map { try network.parameter($0.name, $0.shape) }
        func layer(_ x: Node, _ weight: Node, _ bias: Node) throws -> Node {
            let product = try graph.matmul(x, graph.permute(weight, [1, 0]))
            return try graph.add(product, graph.broadcast(bias, to: graph.shape(product)))
        }
        let rows = try layer(x, nodes[0], nodes[2])
        let features = parameters[0].shape[0]
        var hidden = try graph.filled(0, Shape([.examples, Dimension(features)]))
        for position in 0..<positions {
            let row = try graph.reshape(
                graph.slice(rows, axis: 1, start: position, count: 1), Shape([.examples, Dimension(features)]))
            hidden = try graph.tanh(graph.add(row, layer(hidden, nodes[1], nodes[3])))
        }
        return network.model(try layer(hidden, nodes[4], nodes[5])).with(parameters.flatMap(\.values.doubles))
    }

    @Test(arguments: ["", "bias_ih_l0", "weight_ih_l0,bias_ih_l0", "bias_hh_l0"])
    func factorsAreTheLayers(selected: String) throws {
        let folder = RecurrentFixtureTests.folder
        let data = try SafetensorsSource(folder.appendingPathComponent("rnn_data.safetensors"))
        let imported = try Model.onnx(folder.appendingPathComponent("rnn.onnx"))
        let names = selected.split(separator: ",").map { "body.\($0)" }
        func values(_ model: Model) throws -> [[Double]] {
            let chosen = model.parameters.filter { names.isEmpty || names.contains($0.name) }
            let size = chosen.reduce(0) { $0 + $1.count }
            var numbers = SeededNumbers(seed: 5)
            let problem = try Problem(
                name: "m", model: model, loss: Loss(.crossEntropy()), data: data,
                vectors: ArraySource(["v": ([size], .real(numbers.array(size)))], origin: "vectors"), parameters: names)
            let operators = [
                "kfac(fisher=type2)", "kfac(fisher=type2, weight_sharing=reduce)", "ekfac(fisher=empirical)",
            ]
            let requests = operators.enumerated().flatMap { ["k\($0) = \($1) @ v", "t\($0) = trace(\($1))"] }
            let results = try evaluate(requests + ["prediction"], problem, precision: .float64).results
            return results.entries.map(\.values)
        }
        let written = try Self.writtenOut(imported.parameters, positions: 5, inputs: 3)
        for (got, want) in zip(try values(imported), try values(written)) { #expect(relativeError(got, want) < 1e-10) }
    }
}
