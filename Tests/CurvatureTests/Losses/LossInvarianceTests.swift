import Testing

@testable import Curvature

/// What a change of the data must do to the results, and what it must not.
@Suite struct LossInvarianceTests {
    /// Weighing a class 2 is listing its examples twice; for the empirical Fisher, whose outer products have the
    /// weight's square, it is listing them four times.
    @Test(arguments: Loss.Reduction.allCases, [Architecture.flat, .sequence])
    func aClassWeightOfTwoIsListingTwice(reduction: Loss.Reduction, architecture: Architecture) throws {
        let once = ExampleSet(architecture) { example, _ in Double(example % 3) }
        let ones = once.indices.filter { $0 % 3 == 1 }
        let weighted = try once.results("cross-entropy(weights=w)", reduction, weights: ([3], [1, 2, 1]))
        let listed = try once.picking(once.indices + ones).results("cross-entropy", reduction)
        expectEqual(weighted, listed, ["loss", "gradient", "H", "G"])

        let weightedSum = try once.results("cross-entropy(weights=w)", .sum, weights: ([3], [1, 2, 1]))
        let four = try once.picking(once.indices + ones + ones + ones).results("cross-entropy", .sum)
        expectEqual(weightedSum, four, ["E"])
    }

    @Test(arguments: ["mse", "bce"], [Architecture.flat, .sequence])
    func anExampleWeightOfTwoIsListingTwiceAndOfZeroIsLeavingOut(loss: String, architecture: Architecture) throws {
        let all = ExampleSet(architecture, isIndex: false) { example, entry in Double((example + entry) % 4) / 3 }
        let weights = all.indices.map { [1.0, 2, 0][$0 % 3] }
        let shape = [all.count] + architecture.middle.map { _ in 1 } + [1]
        let weighted = try all.results("\(loss)(weights=w)", .sum, weights: (shape, weights))
        let listed = all.indices.flatMap { [[$0], [$0, $0], []][$0 % 3] }
        expectEqual(weighted, try all.picking(listed).results(loss, .sum), ["loss", "gradient", "H", "G"])
        let four = all.indices.flatMap { [[$0], [$0, $0, $0, $0], []][$0 % 3] }
        expectEqual(weighted, try all.picking(four).results(loss, .sum), ["E"])
    }

    /// An ignored example is one that is not there, whatever the other options.
    @Test(
        arguments: [
            "cross-entropy(ignore_index=-1)", "cross-entropy(ignore_index=-1, label_smoothing=0.2)",
            "cross-entropy(ignore_index=-1, label_smoothing=0.2, weights=w)",
            "cross-entropy(ignore_index=1, weights=w)",
        ], Loss.Reduction.allCases)
    func anIgnoredExampleIsLeftOut(loss: String, reduction: Loss.Reduction) throws {
        let ignored = loss.contains("=1,") ? 1.0 : -1
        for architecture in [Architecture.flat, .sequence] {
            let all = ExampleSet(architecture) { example, entry in
                example % 3 == 1 ? ignored : Double([0, 2, 2, 0][(example + entry) % 4])
            }
            let left = all.picking(all.indices.filter { $0 % 3 != 1 })
            let weights = ([3], [0.5, 3, 1.25])
            expectEqual(
                try all.results(loss, reduction, weights: weights), try left.results(loss, reduction, weights: weights))
        }
    }

    @Test(arguments: [
        ("cross-entropy(ignore_index=1, weights=w, label_smoothing=0.1)", true), ("cross-entropy(weights=w)", false),
        ("mse(weights=w)", false), ("bce(positive_weights=w)", false),
    ])
    func sumIsTheDivisorTimesMean(loss: String, isIndex: Bool) throws {
        let set = ExampleSet(.sequence, isIndex: isIndex) { example, entry in
            isIndex ? Double((example * 5 + entry) % 3) : Double((example + entry) % 3) / 2
        }
        let classWeights = [0.5, 3, 1.25]
        let labels = set.targets.flatMap(\.self)
        let divisor =
            isIndex
            ? labels.filter { $0 != 1 }.reduce(0) { $0 + classWeights[Int($1)] }
            : Double(set.count * 4 * (loss.hasPrefix("cross") ? 1 : 3))
        let (sum, mean) = (
            try set.results(loss, .sum, weights: ([3], classWeights)),
            try set.results(loss, .mean, weights: ([3], classWeights))
        )
        expectEqual(sum, mean, times: divisor)
    }

    @Test(arguments: [("cross-entropy(ignore_index=1, label_smoothing=0.1)", true), ("bce(weights=w)", false)])
    func theOrderOfExamplesIsIrrelevant(loss: String, isIndex: Bool) throws {
        let set = ExampleSet(.sequence, isIndex: isIndex) { example, entry in
            isIndex ? Double((example * 5 + entry) % 3) : Double((example + entry) % 3) / 2
        }
        let order = set.indices.map { ($0 * 3 + 2) % set.count }
        #expect(order.sorted() == set.indices)
        let weights = set.indices.map { 0.5 + Double($0) }
        let shape = [set.count, 1, 1]
        let want = try set.results(loss, .mean, weights: (shape, weights), batchSize: 3)
        let got = try set.picking(order).results(loss, .mean, weights: (shape, order.map { weights[$0] }), batchSize: 3)
        expectEqual(got, want)
        #expect(relativeError(got["z"]!, want["z"]!) > 0.1)
    }

    /// The classes in another axis: the same network, the same results, in the order of classes last.
    @Test(arguments: LossCase.classes + LossCase.probabilities)
    func classAxisIsAPermutation(loss: LossCase) throws {
        let last = try valuesByName(DenseDefinition.requests, LossSetup(loss, .sequence).problem, batchSize: 3)
        let second = try LossSetup(loss, .classesSecond)
        #expect(second.problem.model.graph.shape(second.problem.model.prediction)[1].number == 3)
        let got = try valuesByName(DenseDefinition.requests, second.problem, batchSize: 3)
        for (name, values) in last { #expect(relativeError(got[name]!, values) < 1e-13, "\(name)") }
    }

    /// Smoothed labels are the probabilities that they stand for.
    @Test(arguments: [0, 0.25])
    func classesAreOneHotProbabilities(smoothing: Double) throws {
        let labels = ExampleSet(.sequence) { example, entry in Double((example * 5 + entry) % 3) }
        var probabilities = labels
        probabilities.isIndex = false
        probabilities.targets = labels.targets.map { row in
            row.flatMap { label in
                (0..<3).map { (Double($0) == label ? 1 - smoothing : 0) + smoothing / 3 }
            }
        }
        expectEqual(
            try labels.results("cross-entropy(label_smoothing=\(smoothing))", .mean),
            try probabilities.results("cross-entropy", .mean))
    }

    /// A positive weight is a weight of the elements whose target is 1.
    @Test func positiveWeightsAreWeightsOfOnes() throws {
        let set = ExampleSet(.sequence, isIndex: false) { example, entry in Double((example * 7 + entry * 5) % 3 % 2) }
        let positive = [0.5, 3, 1.25]
        let weights = set.targets.flatMap { row in row.enumerated().map { $1 == 1 ? positive[$0 % 3] : 1 } }
        expectEqual(
            try set.results("bce(positive_weights=w)", .mean, weights: ([3], positive)),
            try set.results("bce(weights=w)", .mean, weights: ([set.count, 4, 3], weights)))
    }

    /// Integers are as good as the same numbers as reals, and one output may lack its axis.
    @Test(arguments: ["mse", "bce"])
    func targetsOfOtherFormsAreTheSame(loss: String) throws {
        let model = try Architecture.single.model()
        var numbers = SeededNumbers(seed: 4)
        let inputs = numbers.array(18)
        let bits = [1.0, 0, 0, 1, 1, 0]
        let forms: [(shape: [Int], values: ArraySource.Values)] = [
            ([6], .real(bits)), ([6, 1], .real(bits)), ([6], .int64(bits.map { Int64($0) })),
        ]
        let all = try forms.map { form in
            let data = ArraySource(["inputs": ([6, 3], .real(inputs)), "targets": form])
            let problem = try Problem(
                name: "model", model: model, loss: Loss(parsing: loss), data: data, vectors: ArraySource([:]))
            return try valuesByName(["loss", "gradient"], problem, batchSize: 4)
        }
        #expect(all[1] == all[0] && all[2] == all[0])
        #expect(all[0]["gradient"]!.contains { abs($0) > 1e-3 })
    }

    private func expectEqual(
        _ got: [String: [Double]], _ want: [String: [Double]], _ names: [String] = ["loss", "gradient", "H", "G", "E"],
        times factor: Double = 1
    ) {
        for name in names {
            #expect(relativeError(got[name]!, want[name]!.map { factor * $0 }) < 1e-12, "\(name)")
            #expect(got[name]!.contains { abs($0) > 1e-4 }, "\(name)")
        }
    }
}

/// Examples that a test can repeat, leave out and reorder.
struct ExampleSet {
    var architecture: Architecture
    var isIndex: Bool
    var inputs: [[Double]]
    var targets: [[Double]]
    var count: Int { inputs.count }
    var indices: [Int] { Array(inputs.indices) }

    /// - Parameter target: Of an example's entry: a term's class, or an output's value.
    init(_ architecture: Architecture, isIndex: Bool = true, target: (Int, Int) -> Double) {
        var numbers = SeededNumbers(seed: 8)
        (self.architecture, self.isIndex) = (architecture, isIndex)
        let entries = architecture.terms * (isIndex ? 1 : architecture.outputs)
        inputs = (0..<8).map { _ in numbers.array(architecture.inputShape.reduce(1, *), scale: 2) }
        targets = (0..<8).map { example in (0..<entries).map { target(example, $0) } }
    }
    func picking(_ indices: [Int]) -> ExampleSet {
        var set = self
        (set.inputs, set.targets) = (indices.map { inputs[$0] }, indices.map { targets[$0] })
        return set
    }
    func results(
        _ loss: String, _ reduction: Loss.Reduction, weights: (shape: [Int], values: [Double])? = nil,
        batchSize: Int? = nil
    ) throws -> [String: [Double]] {
        let model = try architecture.model()
        let (flat, labels) = (inputs.flatMap(\.self), targets.flatMap(\.self))
        let data = ArraySource([
            "inputs": ([count] + architecture.inputShape, .real(flat)),
            "targets": (
                architecture.targetShape(count, isIndex: isIndex),
                isIndex ? .int64(labels.map { Int64($0) }) : .real(labels)
            ),
        ])
        var numbers = SeededNumbers(seed: 9)
        let parameters = model.allValues.count
        let vectors = ArraySource([
            "V": ([parameters, 2], .real(numbers.array(parameters * 2))),
            "w": (weights?.shape ?? [1], .real(weights?.values ?? [1])),
        ])
        let problem = try Problem(
            name: "model", model: model, loss: Loss(parsing: loss, reduction: reduction), data: data, vectors: vectors)
        let requests = [
            "loss", "gradient", "H = hessian @ V", "G = ggn @ V", "E = empirical_fisher @ V", "z = prediction",
        ]
        return try valuesByName(requests, problem, batchSize: batchSize)
    }
}
