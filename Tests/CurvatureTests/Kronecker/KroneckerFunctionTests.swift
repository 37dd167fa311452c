import Foundation
import Testing

@testable import Curvature

/// Kronecker-factored operators through the language: products against factors on plain arrays, and closed forms against the matrices that the
/// products make.
@Suite struct KroneckerFunctionTests {
    private func setup(_ name: String, _ loss: LossCase = LossCase.classes[0], _ architecture: Architecture = .flat)
        throws -> LossSetup
    {
        try LossSetup(loss, architecture, network: .named(name), parameters: ProbedNetwork.own)
    }
    /// The problem with the vectors that requests name: a block V and the identity.
    private func problem(_ setup: LossSetup) throws -> Problem {
        let count = setup.problem.shape.parameters
        var vectors = setup.vectors
        vectors["I"] = ([count, count], Matrix.identity(count).values)
        vectors["V"] = ([count, 3], SeededNumbers(seed: 5).first(3 * count))
        return try Problem(
            name: "test", model: setup.problem.model, loss: setup.problem.loss, data: setup.problem.data,
            vectors: ArraySource(vectors.mapValues { ($0.shape, .real($0.values)) }), parameters: ProbedNetwork.own)
    }
    private func eigenvalues(_ matrix: Matrix) -> [Double] {
        let q = matrix.symmetricEigenvectors
        let turned = q.transposed * matrix * q
        return (0..<matrix.rows).map { turned[$0, $0] }.sorted()
    }
    private static let forms = ["kfac(fisher=type2", "ekfac(fisher=type2", "kfoc(fisher=type2"]

    // MARK: Products

    @Test(
        arguments: [
            ("mlp", Architecture.flat), ("twice, one bias", .flat), ("convolution 1D", .flat), ("attention", .sequence),
        ], [false, true])
    func productsAreThoseOfTheFactors(network: (name: String, architecture: Architecture), isSeparate: Bool) throws {
        let setup = try setup(network.name, LossCase.classes[0], network.architecture)
        let problem = try problem(setup)
        let block = SeededNumbers(seed: 5).first(3 * problem.shape.parameters)
        for fisher in [KroneckerOptions.Fisher.type2, .empirical] {
            let options = KroneckerOptions(fisher: fisher, separatesWeightAndBias: isSeparate)
            let text = "(fisher=\(fisher.rawValue), separate_weight_and_bias=\(isSeparate)) @ V"
            let want = [
                "kfac": try DenseBlocks.kfac(setup.problem, options, batch: 3),
                "ekfac": try DenseBlocks.ekfac(setup.problem, options, batch: 3),
                "kfoc": try DenseBlocks.kfoc(setup.problem, options, batch: 3),
            ]
            for (batch, threads, isNaive) in [(1, 1, false), (3, 2, false), (100, 2, true)] {
                let got = try valuesByName(
                    want.keys.sorted().map { "x\($0) = \($0)\(text)" }, problem,
                    batchSize: batch, threads: threads, isNaive: isNaive)
                for (name, blocks) in want {
                    let error = relativeError(got["x\(name)"]!, blocks.apply(block, columns: 3))
                    #expect(error < 1e-10, "\(name) \(fisher): \(error)")
                }
            }
        }
    }

    /// Averaged patches of a convolution are linearly dependent: without means over equal eigenvalues the eigenvectors that LAPACK happens to give
    /// would show.
    @Test func correctionsDoNotDependOnRounding() throws {
        let problem = try problem(setup("convolution"))
        let request = ["x = ekfac(fisher=type2, weight_sharing=reduce) @ V", "t = trace(ekfac(fisher=type2))"]
        let want = try valuesByName(request, problem, batchSize: 100)
        for batch in [1, 2, 3] {
            let got = try valuesByName(request, problem, batchSize: batch)
            #expect(relativeError(got["x"]!, want["x"]!) < 1e-9)
        }
    }

    @Test(arguments: forms)
    func inversesUndoProducts(form: String) throws {
        let problem = try problem(setup("mlp"))
        for options in ["", ", separate_weight_and_bias=false"] {
            let own = form + options + ")"
            let got = try valuesByName(
                [
                    "x = inverse(\(own) + 0.3 * identity) @ V", "y = (\(own) + 0.3 * identity) @ x",
                    "w = inverse(2 * \(own) + 0.3 * identity) @ V", "z = 2 * \(own) @ w + 0.3 * w",
                ], problem)
            let block = SeededNumbers(seed: 5).first(3 * problem.shape.parameters)
            #expect(relativeError(got["y"]!, block) < 1e-12)
            #expect(relativeError(got["z"]!, block) < 1e-12)
        }
    }

    /// A root is what gives the operator when it is applied twice, and so for the roots of inverses.
    @Test(arguments: forms)
    func rootsOfRootsAreWhatTheyWereTakenOf(form: String) throws {
        let problem = try problem(setup("mlp"))
        let (own, shifted) = (form + ")", form + ") + 0.3 * identity")
        let got = try valuesByName(
            [
                "root = power(\(own), 0.5) @ power(\(own), 0.5) @ V", "want = \(own) @ V",
                "half = power(\(shifted), -0.5) @ power(\(shifted), -0.5) @ V",
                "inverted = power(inverse(\(shifted)), 0.5) @ power(\(shifted), -0.5) @ V",
                "whole = inverse(\(shifted)) @ V", "t = trace(power(\(shifted), -0.5))",
                "e = eigenvalues(\(shifted), count=\(problem.shape.parameters))",
            ], problem)
        #expect(relativeError(got["root"]!, got["want"]!) < 1e-12)
        #expect(relativeError(got["half"]!, got["whole"]!) < 1e-12)
        #expect(relativeError(got["inverted"]!, got["whole"]!) < 1e-12)
        #expect(relativeError(got["t"]!, [got["e"]!.reduce(0) { $0 + 1 / $1.squareRoot() }]) < 1e-12)
    }

    /// For an `ekfac`, `damping` is the multiple of the identity.
    @Test func dampingOfCorrectedEigenvaluesIsExact() throws {
        let problem = try problem(setup("mlp"))
        let (_, plan, _) = try evaluate(
            ["inverse(ekfac, damping=0.1) @ V", "inverse(ekfac + 0.1 * identity) @ V"], problem)
        #expect(plan.roots[0] == plan.roots[1])
    }

    // MARK: Closed forms

    @Test(arguments: forms, [true, false])
    func closedForms(form: String, isSeparate: Bool) throws {
        let problem = try problem(setup("mlp", LossCase.classes[8]))
        let own = form + ", separate_weight_and_bias=\(isSeparate))"
        let requests = [
            "trace": "trace(\(own))", "traceOfInverse": "trace(inverse(\(own) + 0.3 * identity))",
            "norm": "frobenius_norm(\(own))", "normOfSum": "frobenius_norm(2 * \(own) + 0.3 * identity)",
            "logdet": "logdet(2 * \(own) + 0.3 * identity)", "singular": "logdet(\(own))",
            "diagonal": "diagonal(\(own))", "variances": "diagonal(inverse(\(own) + 0.3 * identity))",
            "largest": "eigenvalues(\(own), count=5)", "smallest": "eigenvalues(\(own), count=4, which=smallest)",
            "inverted": "eigenvalues(inverse(\(own) + 0.3 * identity), count=\(problem.shape.parameters))",
            "vectors": "eigenvectors(\(own), count=5)",
        ]
        let got = try valuesByName(requests.map { "x\($0) = \($1)" } + ["M = \(own) @ I"], problem)
        let size = problem.shape.parameters
        let matrix = Matrix(rows: size, columns: size, got["M"]!)
        let values = eigenvalues(matrix)
        func isNear(_ name: String, _ want: [Double]) {
            #expect(relativeError(got["x" + name]!, want) < 1e-11, "\(name)")
        }
        let inverse = values.map { 1 / ($0 + 0.3) }
        isNear("trace", [matrix.trace])
        isNear("traceOfInverse", [inverse.reduce(0, +)])
        isNear("norm", [matrix.squaredNorm.squareRoot()])
        isNear("normOfSum", [values.reduce(0) { $0 + pow(2 * $1 + 0.3, 2) }.squareRoot()])
        isNear("logdet", [values.reduce(0) { $0 + log(2 * $1 + 0.3) }])
        // Logits have a direction without curvature; a fitted factor has it to the accuracy of the fit.
        if !form.hasPrefix("kfoc") { #expect(got["xsingular"]! == [-.infinity]) }
        isNear("diagonal", (0..<size).map { matrix[$0, $0] })
        let q = matrix.symmetricEigenvectors
        let turned = q.transposed * matrix * q
        isNear(
            "variances",
            (0..<size).map { i in (0..<size).reduce(0) { $0 + q[i, $1] * q[i, $1] / (turned[$1, $1] + 0.3) } })
        isNear("largest", Array(values.reversed()[..<5]))
        #expect(zip(got["xsmallest"]!, values).allSatisfy { abs($0 - $1) < 1e-12 })
        isNear("inverted", inverse)
        let vectors = Matrix(rows: size, columns: 5, got["xvectors"]!)
        let images = matrix * vectors
        for column in 0..<5 {
            let (x, y) = (vectors.column(column), images.column(column))
            let value = got["xlargest"]![column]
            #expect(relativeError(y, x.map { value * $0 }) < 1e-9)
            for other in 0...column {
                let product = zip(x, vectors.column(other)).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(product - (other == column ? 1 : 0)) < 1e-12)
            }
        }
    }

    /// Nothing is decomposed twice, however many inverses and determinants ask for it.
    @Test func oneDecompositionServesAll() throws {
        let problem = try problem(setup("mlp"))
        let (_, plan, measurement) = try evaluate(
            [
                "inverse(kfac, damping=0.1) @ gradient", "inverse(kfac, damping=0.01) @ gradient",
                "logdet(kfac + 0.1 * identity)", "logdet(kfac + 0.2 * identity)", "eigenvalues(kfac)",
                "inverse(ekfac + 0.1 * identity) @ gradient", "trace(ekfac)",
            ], problem)
        let values = plan.steps.flatMap(\.values)
        func count(_ isCounted: (Quantity) -> Bool) -> Int { values.count { isCounted(plan.operators[$0]) } }
        #expect(count { if case .kronecker(.factors, _) = $0 { true } else { false } } == 1)
        #expect(count { if case .kronecker(.eigen, _) = $0 { true } else { false } } == 1)
        #expect(count { if case .kronecker(.corrections, _) = $0 { true } else { false } } == 1)
        #expect(plan.dataPasses == 2)
        // The bias's block is the output factor of its weight, and is decomposed with it.
        #expect(plan.operators.layouts[KroneckerOptions()]!.matrices.map(\.size).sorted() == [3, 3, 4, 4])
        #expect(measurement.flops == plan.flops)
        #expect(measurement.matmulFlops == plan.matmulFlops)
    }

    // MARK: Cost

    /// An MLP 784-1024-512-256-128-64-10: what the issue counts.
    @Test func factorsShareTheGradientsSweeps() throws {
        let sizes = [784, 1024, 512, 256, 128, 64, 10]
        let model = try TestNetwork.mlp(sizes)
        let data = ArraySource([
            "inputs": ([512, 784], .real([Double](repeating: 0, count: 512 * 784))),
            "targets": ([512], .int64([Int64](repeating: 1, count: 512))),
        ])
        let problem = try Problem(
            name: "mlp", model: model, loss: Loss(.crossEntropy()), data: data, vectors: ArraySource([:]))
        func pass(_ requests: [String]) throws -> (flops: Double, sweeps: Sweeps) {
            var options = PlanOptions()
            options.threads = 1
            let plan = try Plan(parseRequests(requests, in: problem), problem: problem, options: options)
            guard case .dataPass(let pass) = plan.steps[0].work else { preconditionFailure("no pass") }
            let cost = pass.main.cost(examples: 512, precision: .float32)
            return (Double(cost.matmulFlops), pass.pass.sweeps)
        }
        let alone = try pass(["gradient"])
        for (fisher, most, backward) in [("empirical", 1.465, 1), ("mc", 1.655, 2)] {
            let both = try pass(["gradient", "trace(kfac(fisher=\(fisher)))"])
            #expect(both.sweeps == Sweeps(forward: 1, tangent: 0, backward: backward))
            #expect(both.flops / alone.flops < most)
        }
    }

    // MARK: Whole networks

    @Test func everyParameterOfATransformerHasABlock() throws {
        var numbers = SeededNumbers(seed: 3)
        let model = try ModelBuilder.transformer()
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let problem = try Problem(
            name: "transformer", model: model, loss: Loss(.crossEntropy()),
            data: ArraySource([
                "inputs": ([6, 5], .int64((0..<30).map { Int64($0 * 7 % 11) })),
                "targets": ([6, 5], .int64((0..<30).map { Int64($0 * 5 % 11) })),
            ]), vectors: ArraySource(["v": ([count], .real(numbers.array(count)))]))
        let values = try valuesByName(
            [
                "x = kfac(fisher=empirical) @ v", "d = diagonal(kfac(fisher=empirical) + 1e-9 * identity)",
                "y = ekfac @ v",
            ],
            problem)
        #expect(values["x"]!.count == count && values["x"]!.allSatisfy(\.isFinite))
        // Rows of the table that no input picks have no curvature; all other parameters have.
        #expect(values["d"]!.count { $0 > 1e-9 } > count * 3 / 4)
        #expect(values["y"]!.allSatisfy { $0.isFinite })
    }
}

extension ModelBuilder {
    /// Embeddings of words and positions, a block, a head of its own.
    fileprivate static func transformer() throws -> Model {
        try Model(
            Sequential(
                Embedding(11, features: 8), PositionEmbedding(5),
                TransformerBlock(heads: 2, hidden: 12, isCausal: true),
                LayerNormalization(), Linear(11)), inputShape: [5], isInteger: true, seed: 2)
    }
}
