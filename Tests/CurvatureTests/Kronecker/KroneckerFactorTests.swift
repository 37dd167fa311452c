import TensorIR
import Testing

@testable import Curvature

/// Factors in batches against their definitions, example by example.
@Suite struct KroneckerFactorTests {
    static let everyOption: [KroneckerOptions] = KroneckerOptions.Fisher.allCases.flatMap { fisher in
        KroneckerOptions.WeightSharing.allCases.flatMap { sharing in
            [true, false].map { isSeparate in
                KroneckerOptions(
                    fisher: fisher, samples: 2, seed: 5, weightSharing: sharing, separatesWeightAndBias: isSeparate)
            }
        }
    }

    @Test(arguments: ProbedNetwork.all, everyOption)
    func factorsOfEveryNetwork(name: String, options: KroneckerOptions) throws {
        try expectFactors(name, LossCase.classes[0], options)
    }

    @Test(arguments: LossCase.all, KroneckerOptions.Fisher.allCases)
    func lossOptionsReachEveryFactor(loss: LossCase, fisher: KroneckerOptions.Fisher) throws {
        for sharing in KroneckerOptions.WeightSharing.allCases {
            for reduction in Loss.Reduction.allCases {
                let options = KroneckerOptions(
                    fisher: fisher, samples: 3, seed: 2, weightSharing: sharing, separatesWeightAndBias: false)
                try expectFactors("attention", loss, options, reduction)
            }
        }
    }

    private func expectFactors(
        _ name: String, _ loss: LossCase, _ options: KroneckerOptions, _ reduction: Loss.Reduction = .mean
    ) throws {
        let network = try ProbedNetwork.named(name)
        let setup = try LossSetup(
            loss, ProbedNetwork.architecture(name), reduction: reduction, network: network,
            parameters: ProbedNetwork.own)
        let dense = try DenseFactors(setup, network, options)
        let lowering = try KroneckerLowering(options, NetworkLowering(setup.problem))
        let factors = try lowering.factors()
        let run = try FactorRun(lowering.network, factors.flatMap(\.nodes))
        func expect(_ got: Node?, _ want: () throws -> [Double], _ what: String) rethrows {
            if options.fisher == .forwardOnly, got == nil { return }
            #expect(relativeError(got.map { run[$0] } ?? [], try want()) < 1e-11, "\(what)")
        }
        for layer in factors {
            let weight = layer.layer.weight.map { setup.problem.parameters[$0].name }
            switch layer.weight {
            case .kronecker(let output, let input):
                #expect(layer.isJoint == (!options.separatesWeightAndBias && layer.layer.bias != nil))
                expect(input, { dense.inputFactor(weight!, isJoint: layer.isJoint).values }, "A of \(weight!)")
                expect(output, { dense.outputFactor(weight!).values }, "B of \(weight!)")
            case .table(let output, let input):
                let full = dense.inputFactor(weight!, isJoint: false)
                expect(input, { (0..<full.rows).map { full[$0, $0] } }, "A of \(weight!)")
                expect(output, { dense.outputFactor(weight!).values }, "B of \(weight!)")
            case .full(let block):
                let gradients = try dense.parameterGradients(weight!).joined()
                let sum = gradients.reduce(nil as Matrix?) { sum, gradient in
                    let column = Matrix(rows: gradient.count, columns: 1, gradient)
                    let own = column * column.transposed
                    return sum.map { $0 + own } ?? own
                }
                expect(block, { sum!.values }, "\(weight!)")
            case .identity: #expect(options.fisher == .forwardOnly)
            case .diagonal, nil: Issue.record("\(weight ?? "a bias") has another block than expected")
            }
            switch layer.bias {
            case .full(let block):
                expect(block, { dense.outputFactor(weight!, biasOnly: true).values }, "bias of \(weight!)")
            case .identity: #expect(options.fisher == .forwardOnly)
            case nil: #expect(layer.isJoint || layer.layer.bias == nil)
            default: Issue.record("the bias of \(weight!) has another block than expected")
            }
        }
    }

    /// The corrections for any bases: here random matrices, which need not be orthogonal.
    @Test(arguments: ProbedNetwork.all, [KroneckerOptions.Fisher.type2, .mc, .empirical])
    func correctionsAreSecondMoments(name: String, fisher: KroneckerOptions.Fisher) throws {
        for isSeparate in [true, false] { try expectCorrections(name, fisher, isSeparate: isSeparate) }
    }
    private func expectCorrections(_ name: String, _ fisher: KroneckerOptions.Fisher, isSeparate: Bool) throws {
        let network = try ProbedNetwork.named(name)
        let setup = try LossSetup(
            LossCase.classes[8], ProbedNetwork.architecture(name), network: network, parameters: ProbedNetwork.own)
        let options = KroneckerOptions(
            fisher: fisher, samples: 2, seed: 3, weightSharing: .reduce, separatesWeightAndBias: isSeparate)
        let dense = try DenseFactors(setup, network, options)
        let lowering = try KroneckerLowering(options, NetworkLowering(setup.problem), name: "ekfac")
        var numbers = SeededNumbers(seed: 8)
        var given: [Node: [Double]] = [:]
        func basis(_ size: Int) throws -> (Node, Matrix) {
            let leaf = try lowering.graph.input(.value(given.count), TensorType(Shape([size, size])))
            given[leaf] = numbers.array(size * size)
            return (leaf, Matrix(rows: size, columns: size, given[leaf]!))
        }
        var matrices: [Int: (output: Matrix, input: Matrix?)] = [:]
        let bases = try lowering.layers.enumerated().map { index, layer -> KroneckerLowering.Bases? in
            guard let (outputs, inputs) = lowering.matrixSize(layer) else { return nil }
            let output = try basis(outputs)
            if case .table = layer.role {
                matrices[index] = (output.1, nil)
                return KroneckerLowering.Bases(output: output.0)
            }
            let input = try basis(inputs)
            matrices[index] = (output.1, input.1)
            return KroneckerLowering.Bases(output: output.0, input: input.0)
        }
        let corrections = try lowering.corrections(bases)
        let nodes = corrections.flatMap { [$0?.weight, $0?.bias].compactMap(\.self) }
        let run = try FactorRun(lowering.network, nodes, given: given)
        var checked = 0
        for (index, (layer, correction)) in zip(lowering.layers, corrections).enumerated() {
            guard let correction, let (output, input) = matrices[index] else { continue }
            let weight = setup.problem.parameters[layer.weight!].name
            func moments(_ gradients: [Matrix], _ input: Matrix?) -> [Double] {
                gradients.map { gradient in
                    let left = output.transposed * gradient
                    return (input.map { left * $0 } ?? left).values.map { $0 * $0 }
                }.reduce([]) { sum, square in sum.isEmpty ? square : zip(sum, square).map(+) }
            }
            let joint = lowering.isJoint(layer)
            let want = moments(dense.exampleGradients(weight, isJoint: joint), input)
            #expect(relativeError(run[correction.weight!], want) < 1e-11, "\(weight)")
            #expect((correction.bias != nil) == (layer.bias != nil && !joint))
            if let bias = correction.bias {
                #expect(relativeError(run[bias], moments(dense.biasGradients(weight), nil)) < 1e-11, "\(weight)'s bias")
            }
            checked += 1
        }
        #expect(checked >= 2)
    }

    /// Neither factors nor what corrects or rearranges them has a convolution's input unfolded for a batch.
    @Test(arguments: ["convolution 1D", "convolution twice", "frames"]) func noPatchesOfABatch(name: String) throws {
        let network = try ProbedNetwork.named(name)
        let setup = try LossSetup(LossCase.classes[0], .flat, network: network, parameters: ProbedNetwork.own)
        for sharing in KroneckerOptions.WeightSharing.allCases {
            let options = KroneckerOptions(fisher: .type2, weightSharing: sharing, separatesWeightAndBias: false)
            let lowering = try KroneckerLowering(options, NetworkLowering(setup.problem), name: "kfac")
            let graph = lowering.graph
            var nodes = try lowering.factors().flatMap(\.nodes)
            let bases = try lowering.layers.map { layer in
                try lowering.matrixSize(layer).map { outputs, inputs in
                    KroneckerLowering.Bases(
                        output: try graph.input(.data("B"), TensorType([Dimension(outputs), Dimension(outputs)])),
                        input: try graph.input(.data("A\(inputs)"), TensorType([Dimension(inputs), Dimension(inputs)])))
                }
            }
            nodes += try lowering.corrections(bases).flatMap { [$0?.weight, $0?.bias].compactMap(\.self) }
            if sharing == .expand {
                let (gradients, factor) = try lowering.gradientsApart()
                nodes += try gradients.compactMap { gradients in
                    try lowering.matrixSize(gradients.layer) == nil ? nil : lowering.rearrangement(gradients, factor)
                }
            }
            nodes += try DiagonalLowering(lowering.network).diagonal(.ggn(nil))
            let unfolding = graph.ancestors(of: nodes).filter {
                (graph.primitive($0) as? Convolution).map { $0.geometry.groups > 1 } ?? false
            }
            #expect(unfolding.isEmpty)
            #expect(graph.ancestors(of: nodes).contains { graph.primitive($0) is ExampleProducts })
        }
    }

    /// Rg, and its products with matrices, against sums of outer products.
    @Test(
        arguments: ["mlp", "twice, one bias", "attention", "convolution", "transformer"],
        [KroneckerOptions.Fisher.type2, .mc, .empirical])
    func rearrangementIsTheSumOfOuterProducts(name: String, fisher: KroneckerOptions.Fisher) throws {
        for isSeparate in [true, false] { try expectRearrangement(name, fisher, isSeparate: isSeparate) }
    }
    private func expectRearrangement(_ name: String, _ fisher: KroneckerOptions.Fisher, isSeparate: Bool) throws {
        let network = try ProbedNetwork.named(name)
        let setup = try LossSetup(
            LossCase.classes[0], ProbedNetwork.architecture(name), network: network, parameters: ProbedNetwork.own)
        let options = KroneckerOptions(fisher: fisher, samples: 2, separatesWeightAndBias: isSeparate)
        let dense = try DenseFactors(setup, network, options, termsApart: fisher != .mc)
        let lowering = try KroneckerLowering(options, NetworkLowering(setup.problem), name: "kfoc")
        let (gradients, factor) = try lowering.gradientsApart()
        var numbers = SeededNumbers(seed: 8)
        var given: [Node: [Double]] = [:]
        for own in gradients {
            guard let (outputs, inputs) = lowering.matrixSize(own.layer) else { continue }
            let weight = setup.problem.parameters[own.layer.weight!].name
            #expect(lowering.formsRearrangement(own.layer))
            func leaf(_ size: Int) throws -> (Node, Matrix) {
                let leaf = try lowering.graph.input(.value(given.count), TensorType(Shape([size, size])))
                given[leaf] = numbers.array(size * size)
                return (leaf, Matrix(rows: size, columns: size, given[leaf]!))
            }
            let (m, u) = (try leaf(inputs), try leaf(outputs))
            let formed = try lowering.rearrangement(own, factor)
            let product = try lowering.rearranged(own, times: m.0, factor)
            let transposed = try lowering.rearranged(own, transposedTimes: u.0, factor)
            let bias = try own.layer.bias.map { _ in try lowering.exactBias(own, factor) }
            let run = try FactorRun(
                lowering.network, [formed, product, transposed] + [bias].compactMap(\.self), given: given)
            let products = dense.exampleGradients(weight, isJoint: lowering.isJoint(own.layer))
            func sum(_ terms: [Matrix]) -> [Double] { terms.dropFirst().reduce(terms[0]) { $0 + $1 }.values }
            #expect(relativeError(run[product], sum(products.map { $0 * m.1 * $0.transposed })) < 1e-11, "\(weight)")
            #expect(relativeError(run[transposed], sum(products.map { $0.transposed * u.1 * $0 })) < 1e-11, "\(weight)")
            var want = [Double](repeating: 0, count: outputs * outputs * inputs * inputs)
            for p in products {
                for i in 0..<outputs {
                    for k in 0..<outputs {
                        for j in 0..<inputs {
                            for l in 0..<inputs {
                                want[((i * outputs + k) * inputs + j) * inputs + l] += p[i, j] * p[k, l]
                            }
                        }
                    }
                }
            }
            #expect(relativeError(run[formed], want) < 1e-11, "\(weight)")
            if let bias {
                let wanted = sum(dense.biasGradients(weight).map { $0 * $0.transposed })
                #expect(relativeError(run[bias], wanted) < 1e-11, "\(weight)'s bias")
            }
        }
    }

    /// Batches, threads and precision.
    @Test func batchesAndThreadsChangeNothing() throws {
        let network = try ProbedNetwork.named("attention")
        let setup = try LossSetup(LossCase.classes[8], .sequence, network: network, parameters: ProbedNetwork.own)
        for options in Self.everyOption {
            func values(batch: Int, threads: Int = 1, precision: Precision = .float64) throws -> [Double] {
                let lowering = try KroneckerLowering(options, NetworkLowering(setup.problem))
                let nodes = try lowering.factors().flatMap(\.nodes)
                let run = try FactorRun(
                    lowering.network, nodes, batch: batch, threads: threads, precision: precision)
                return nodes.flatMap { run[$0] }
            }
            let want = try values(batch: 7)
            for batch in [1, 2, 3, 6] { #expect(relativeError(try values(batch: batch), want) < 1e-13) }
            #expect(try values(batch: 3, threads: 2) == values(batch: 3))
            #expect(relativeError(try values(batch: 3, precision: .float32), want) < 1e-5)
        }
    }
}

extension LayerFactors {
    /// All nodes of the blocks.
    var nodes: [Node] {
        [weight, bias].flatMap { block -> [Node] in
            switch block {
            case .kronecker(let output, let input), .table(let output, let input): [output, input].compactMap(\.self)
            case .full(let node), .diagonal(let node): [node]
            case .identity, nil: []
            }
        }
    }
}
