import Kernels
import TensorIR
import Testing

@testable import Curvature

/// Jacobians of a linear network are the same for all examples, so that with a squared error every block is a Kronecker product, and all
/// Kronecker-factored curvature is exact.
@Suite struct LinearNetworkTests {
    /// The blocks of the GGN, and what an operator makes of the identity.
    private func matrices(
        _ network: ProbedNetwork, _ architecture: Architecture, _ reduction: Loss.Reduction, _ form: String,
        isSeparate: Bool
    ) throws -> (want: [Double], got: [Double]) {
        let setup = try LossSetup(
            LossCase.squared[0], architecture, reduction: reduction, network: network, parameters: ProbedNetwork.own)
        let count = setup.problem.shape.parameters
        var vectors = setup.vectors
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        let problem = try Problem(
            name: "linear", model: setup.problem.model, loss: setup.problem.loss, data: setup.problem.data,
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }), parameters: ProbedNetwork.own)
        // Batches of 3 and one of 1.
        let values = try valuesByName(
            ["G = ggn @ I", "K = \(form), separate_weight_and_bias=\(isSeparate)) @ I"], problem, batchSize: 3)
        let owners = problem.parameters.flatMap { parameter in
            let layer = String(parameter.name.prefix { $0 != "." })
            return [String](repeating: isSeparate ? parameter.name : layer, count: parameter.count)
        }
        let want = values["G"]!.enumerated().map { owners[$0 / count] == owners[$0 % count] ? $1 : 0 }
        return (want, values["K"]!)
    }
    private func isExact(_ pair: (want: [Double], got: [Double])) -> Bool {
        relativeError(pair.got, pair.want) < 1e-11
    }

    @Test(arguments: Loss.Reduction.allCases, [true, false])
    func deep(reduction: Loss.Reduction, isSeparate: Bool) throws {
        for (shape, architecture) in [([3], Architecture.flat), ([4, 3], .sequence)] {
            var network = ProbedNetwork(inputShape: shape, seed: 3)
            let hidden = try network.linear(network.input(), "0.weight", "0.bias", 4)
            network.prediction = try network.linear(hidden, "1.weight", "1.bias", 3, isStoredTransposed: true)
            // EKFAC's gradients of single examples are sums over positions, which are exact where there is one.
            for form in ["kfac", "kfoc"] + (architecture == .flat ? ["ekfac"] : []) {
                let pair = try matrices(
                    network, architecture, reduction, "\(form)(fisher=type2", isSeparate: isSeparate)
                #expect(isExact(pair), "\(form) \(architecture)")
            }
            // Sums over positions are not what terms that stand by themselves need.
            let reduced = try matrices(
                network, architecture, reduction, "kfac(fisher=type2, weight_sharing=reduce", isSeparate: isSeparate)
            #expect(isExact(reduced) == (architecture == .flat))
        }
    }

    /// Behind the first layer, every position is used alike: that is the setting of `reduce`.
    @Test(arguments: [true, false])
    func convolutional(isSeparate: Bool) throws {
        var network = ProbedNetwork(inputShape: [2, 5, 4], seed: 3)
        let first = try network.convolution(
            network.input(), "0.weight", "0.bias", 3, taps: [3, 2],
            ConvolutionGeometry(strides: [2, 1], dilations: [1, 1], padLow: [1, 0], padHigh: [1, 1], groups: 1))
        let second = try network.convolution(
            first, "1.weight", "1.bias", 3, taps: [1, 1],
            ConvolutionGeometry(strides: [1, 1], dilations: [1, 1], padLow: [0, 0], padHigh: [0, 0], groups: 1))
        network.prediction = try network.graph.mean(second, axes: [2, 3])
        for (sharing, isRight) in [("reduce", true), ("expand", false)] {
            let pair = try matrices(
                network, .flat, .mean, "kfac(fisher=type2, weight_sharing=\(sharing)", isSeparate: isSeparate)
            #expect(isExact(pair) == isRight, "\(sharing)")
        }
    }
}
