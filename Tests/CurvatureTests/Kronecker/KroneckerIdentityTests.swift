import Foundation
import Kernels
import ONNXImport
import TensorIR
import Testing

@testable import Curvature

/// What theory says about factors: where they are exact, how they scale, what they share with other sweeps.
@Suite struct KroneckerIdentityTests {
    private func dense(_ operation: String, _ setup: LossSetup) throws -> Matrix {
        let count = setup.problem.shape.parameters
        var vectors = setup.vectors
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        let problem = try Problem(
            name: "dense", model: setup.problem.model, loss: setup.problem.loss, data: setup.problem.data,
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }), parameters: ProbedNetwork.own)
        return Matrix(
            rows: count, columns: count, try valuesByName(["X = \(operation) @ I"], problem)["X"]!)
    }
    private func setup(
        _ network: ProbedNetwork, _ loss: LossCase, _ architecture: Architecture = .flat,
        reduction: Loss.Reduction = .mean
    ) throws -> LossSetup {
        try LossSetup(loss, architecture, reduction: reduction, network: network, parameters: ProbedNetwork.own)
    }
    /// One linear layer.
    private func linear(_ inputShape: [Int] = [3]) throws -> ProbedNetwork {
        var network = ProbedNetwork(inputShape: inputShape, seed: 3)
        network.prediction = try network.linear(network.input(), "weight", "bias", 3)
        return network
    }

    // MARK: Exact

    @Test(arguments: Loss.Reduction.allCases)
    func oneLinearLayerWithSquaredErrorIsExact(reduction: Loss.Reduction) throws {
        for (inputShape, architecture) in [([3], Architecture.flat), ([4, 3], .sequence)] {
            let setup = try setup(linear(inputShape), LossCase.squared[0], architecture, reduction: reduction)
            let want = try dense("ggn", setup)
            let options = KroneckerOptions(fisher: .type2, separatesWeightAndBias: false)
            let got = try DenseBlocks.kfac(setup.problem, options, batch: 3).dense(want.rows)
            #expect(relativeError(got.values, want.values) < 1e-12)
        }
    }

    /// A linear convolutional network: every position counts alike, which is what `reduce` assumes.
    @Test func reduceIsExactBeforeAGlobalAverage() throws {
        var network = ProbedNetwork(inputShape: [2, 5, 4], seed: 3)
        let graph = network.graph
        let x = try network.convolution(
            network.input(), "weight", "bias", 3, taps: [3, 2],
            ConvolutionGeometry(strides: [2, 1], dilations: [1, 1], padLow: [1, 0], padHigh: [1, 1], groups: 1))
        network.prediction = try graph.mean(x, axes: [2, 3])
        let setup = try setup(network, LossCase.squared[0])
        let want = try dense("ggn", setup)
        for (sharing, isExact) in [(KroneckerOptions.WeightSharing.reduce, true), (.expand, false)] {
            let options = KroneckerOptions(fisher: .type2, weightSharing: sharing, separatesWeightAndBias: false)
            let got = try DenseBlocks.kfac(setup.problem, options, batch: 3).dense(want.rows)
            #expect((relativeError(got.values, want.values) < 1e-12) == isExact)
        }
    }

    /// One example and a sum: options of the loss included, the factors are the block.
    @Test(arguments: LossCase.classes + LossCase.probabilities + LossCase.squared[..<2] + LossCase.binary[..<4])
    func oneExampleIsExact(loss: LossCase) throws {
        let all = try setup(linear(), loss, reduction: .sum)
        for example in [0, 2, 3] {
            let alone = try all.alone(example)
            for (fisher, operation) in [(KroneckerOptions.Fisher.type2, "ggn"), (.empirical, "empirical_fisher")] {
                let want = try valuesByName(["X = \(operation) @ I"], alone)["X"]!
                // A label whose class weighs nothing counts for no input, though smoothing leaves it a Hessian.
                if all.dense.weight(example) == 0, want.contains(where: { $0 != 0 }) { continue }
                let options = KroneckerOptions(fisher: fisher, separatesWeightAndBias: false)
                let got = try DenseBlocks.kfac(alone, options, batch: 1).dense(alone.shape.parameters)
                #expect(relativeError(got.values, want) < 1e-12, "\(fisher)")
            }
        }
    }

    // MARK: EKFAC and KFOC

    @Test(arguments: ["mlp", "twice", "twice, one bias", "convolution 1D"])
    func correctedTracesAreThoseOfTheExactBlocks(name: String) throws {
        let setup = try setup(.named(name), LossCase.classes[8])
        let want = try dense("ggn", setup).trace
        for isSeparate in [true, false] {
            let options = KroneckerOptions(fisher: .type2, separatesWeightAndBias: isSeparate)
            let got = try DenseBlocks.ekfac(setup.problem, options, batch: 3).trace
            #expect(abs(got - want) < 1e-12 * want)
        }
    }

    /// In the Frobenius norm, block by block: corrected eigenvalues are nearer than KFAC's own, and the best single product is
    /// the best. Its error is what Pythagoras says.
    @Test(arguments: ["mlp", "twice", "convolution 1D"], [true, false])
    func nearerThanKFAC(name: String, isSeparate: Bool) throws {
        let setup = try setup(.named(name), LossCase.classes[0])
        let exact = try dense("ggn", setup)
        let options = KroneckerOptions(fisher: .type2, separatesWeightAndBias: isSeparate)
        let kfac = try DenseBlocks.kfac(setup.problem, options, batch: 3)
        let (ekfac, kfoc) = (
            try DenseBlocks.ekfac(setup.problem, options, batch: 3),
            try DenseBlocks.kfoc(setup.problem, options, batch: 3)
        )
        func errors(_ blocks: DenseBlocks) -> [(error: Double, norm: Double, exact: Double)] {
            let matrix = blocks.dense(exact.rows)
            return blocks.blocks.map { block in
                var sums = (error: 0.0, norm: 0.0, exact: 0.0)
                for i in block.places {
                    for j in block.places {
                        sums.error += pow(matrix[i, j] - exact[i, j], 2)
                        sums.norm += pow(matrix[i, j], 2)
                        sums.exact += pow(exact[i, j], 2)
                    }
                }
                return sums
            }
        }
        let (plain, corrected, best) = (errors(kfac), errors(ekfac), errors(kfoc))
        #expect(plain.count == corrected.count && plain.count == best.count)
        for index in plain.indices {
            let slack = 1e-12 * plain[index].exact
            #expect(corrected[index].error <= plain[index].error + slack)
            #expect(best[index].error <= plain[index].error + slack)
            #expect(abs(best[index].error - (best[index].exact - best[index].norm)) < slack)
        }
        #expect(plain.indices.contains { corrected[$0].error < 0.99 * plain[$0].error })
    }

    // MARK: Scales

    @Test(arguments: LossCase.all, KroneckerOptions.Fisher.allCases)
    func sumIsTheDivisorTimesMean(loss: LossCase, fisher: KroneckerOptions.Fisher) throws {
        let network = try ProbedNetwork.named("attention")
        let options = KroneckerOptions(fisher: fisher, samples: 2)
        let (mean, sum) = (
            try setup(network, loss, .sequence), try setup(network, loss, .sequence, reduction: .sum)
        )
        let vector = SeededNumbers(seed: 1).first(mean.problem.shape.parameters)
        let factor = fisher == .forwardOnly ? 1 : mean.divisor
        let scaled = try DenseBlocks.kfac(mean.problem, options, batch: 3).apply(vector, columns: 1).map { factor * $0 }
        let whole = try DenseBlocks.kfac(sum.problem, options, batch: 3).apply(vector, columns: 1)
        #expect(relativeError(whole, scaled) < 1e-12)
    }

    @Test func drawsConvergeAtTheMonteCarloRate() throws {
        let setup = try setup(.named("mlp"), LossCase.classes[8])
        func blocks(_ options: KroneckerOptions) throws -> [Double] {
            try DenseBlocks.kfac(setup.problem, options, batch: 7).dense(setup.problem.shape.parameters).values
        }
        let want = try blocks(KroneckerOptions(fisher: .type2))
        func error(_ samples: Int) throws -> Double {
            let seeds = UInt64(1)...4
            return try seeds.reduce(0) {
                try $0 + relativeError(blocks(KroneckerOptions(fisher: .mc, samples: samples, seed: $1)), want) / 4
            }
        }
        let (few, many) = (try error(50), try error(5000))
        #expect(many < 0.03)
        // A hundred times the draws, a tenth of the error.
        #expect(few / many > 5 && few / many < 20)
    }

    // MARK: Sharing

    private func products(_ graph: TensorGraph, _ outputs: [Node]) -> Int {
        graph.ancestors(of: outputs).count { graph.primitive($0) is Contract || graph.primitive($0) is Gram }
    }

    /// The empirical factors pick up what passes by in the gradient's sweep: two products more for each layer, and no other.
    @Test func empiricalFactorsShareTheGradientsSweep() throws {
        let setup = try setup(.named("mlp"), LossCase.classes[0])
        func counts(_ fisher: KroneckerOptions.Fisher) throws -> Int {
            let network = try NetworkLowering(setup.problem)
            let gradient = try network.pullback(network.gradientSeed)
            let factors = try KroneckerLowering(KroneckerOptions(fisher: fisher), network).factors()
            return products(network.graph, gradient + factors.flatMap(\.nodes)) - products(network.graph, gradient)
        }
        #expect(try counts(.empirical) == 4)
        // Draws take a backward sweep of their own, without the weights' gradients: one product for two layers.
        #expect(try counts(.mc) == 5)
        #expect(try counts(.forwardOnly) == 2)
    }

    // MARK: Whole networks

    @Test func everyParameterOfAResNetAndATransformerHasABlock() throws {
        for (name, left) in [("resnet_digits_ce", [String]()), ("gpt_tied_ce", ["-head.weight"])] {
            let folder = GoldenTests.folder.appendingPathComponent(name)
            func problem(_ parameters: [String]) throws -> Problem {
                try Problem(
                    model: folder.appendingPathComponent("model.onnx"),
                    data: folder.appendingPathComponent("data.safetensors"),
                    loss: Loss(.crossEntropy()), vectors: folder.appendingPathComponent("vectors.safetensors"),
                    parameters: parameters)
            }
            let own = try problem(left)
            let options = KroneckerOptions(fisher: .empirical, separatesWeightAndBias: false)
            let blocks = try DenseBlocks.kfac(own, options, batch: 5)
            #expect(blocks.blocks.flatMap(\.places).sorted() == Array(0..<own.shape.parameters))
            #expect(blocks.trace > 0 && blocks.trace.isFinite)
            guard !left.isEmpty else { continue }
            let error = #expect(throws: ProblemError.self) {
                try KroneckerLowering(options, NetworkLowering(problem([])))
            }
            #expect(error?.message.contains("'head.weight' is used in 2 roles") ?? false)
        }
    }
}

extension SeededNumbers {
    func first(_ count: Int) -> [Double] {
        var numbers = self
        return numbers.array(count)
    }
}

extension LossSetup {
    /// The problem of one example only.
    func alone(_ example: Int) throws -> Problem {
        var arrays: [String: (shape: [Int], values: ArraySource.Values)] = [:]
        for (name, tensor) in problem.data.tensors {
            let count = tensor.shape.dropFirst().reduce(1, *)
            let memory = Memory(byteCount: 8 * count)
            defer { withExtendedLifetime(memory) {} }
            let operand = Operand(
                address: memory.address, storage: tensor.isInteger ? .int64 : .float64, sizes: [count])
            try problem.data.read(name, from: example * count, into: operand)
            let values = operand.doubles
            arrays[name] = (
                [1] + tensor.shape.dropFirst(), tensor.isInteger ? .int64(values.map { Int64($0) }) : .real(values)
            )
        }
        var vectors = vectors
        let count = problem.shape.parameters
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        return try Problem(
            name: "alone", model: problem.model, loss: problem.loss, data: ArraySource(arrays),
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }), parameters: ProbedNetwork.own)
    }
}
