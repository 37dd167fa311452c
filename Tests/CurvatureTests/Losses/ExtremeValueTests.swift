import Foundation
import TensorIR
import Testing

@testable import Curvature

/// Logits far out and masked classes: finite wherever the mathematics is, and nothing of C x C for a large vocabulary.
@Suite struct ExtremeValueTests {
    /// z = inputs + b with b = 0: J is an identity for each term, so that every leaf is the terms' own g and h.
    private func model(outputs: Int, masked: Int? = nil) throws -> Model {
        var network = TestNetwork(seed: 1)
        let graph = network.graph
        let x = try network.input([outputs])
        let b = try network.parameter("b", [outputs], scale: 0)
        var z = try graph.add(x, graph.broadcast(b, to: graph.shape(x), axes: [1]))
        if let masked {
            let mask = try graph.constant(Constant([outputs], (0..<outputs).map { $0 == masked }))
            let condition = try graph.broadcast(mask, to: graph.shape(z), axes: [1])
            z = try graph.select(condition, graph.filled(-.infinity, like: z), z)
        }
        return network.model(z)
    }

    private func expectTerms(
        _ loss: String, _ dense: DenseLoss, _ z: [[Double]], targets: (shape: [Int], values: ArraySource.Values),
        masked: Int? = nil, losses: [Double]? = nil
    ) throws {
        let outputs = z[0].count
        let (v, V) = ((0..<outputs).map { Double($0) - 0.7 }, (0..<2 * outputs).map { 1 - 0.3 * Double($0) })
        let problem = try Problem(
            name: "model", model: model(outputs: outputs, masked: masked), loss: Loss(parsing: loss),
            data: ArraySource(["inputs": ([z.count, outputs], .real(z.flatMap(\.self))), "targets": targets]),
            vectors: ArraySource([
                "v": ([outputs], .real(v)), "V": ([outputs, 2], .real(V)), "w": ([outputs], .real(dense.classWeights)),
            ]))
        // The network's own answer, which knows of the mask.
        var logits = z
        if let masked { for i in z.indices { logits[i][masked] = -.infinity } }
        let m = dense.divisor
        var (total, gradient) = (0.0, [Double](repeating: 0, count: outputs))
        var (h, e) = (Matrix(rows: outputs, columns: outputs), Matrix(rows: outputs, columns: outputs))
        for (i, row) in logits.enumerated() {
            var g = dense.gradient(i, row)
            if let masked { g[masked] = 0 }
            total += (losses?[i] ?? dense.value(i, row)) / m
            gradient = zip(gradient, g).map { $0 + $1 / m }
            h = h + (1 / m) * dense.hessian(i, row)
            e = e + (1 / m) * (Matrix(rows: outputs, columns: 1, g) * Matrix(rows: 1, columns: outputs, g))
        }
        let block = Matrix(rows: outputs, columns: 2, V)
        let wanted = [
            "loss": [total], "gradient": gradient, "H": (h * block).values, "G": (h * block).values,
            "E": (e * block).values,
            "Hv": h * v,
        ]
        let requests = [
            "loss", "gradient", "H = hessian @ V", "G = ggn @ V", "E = empirical_fisher @ V", "Hv = hessian @ v",
            "S = ggn(samples=5) @ V",
        ]
        for precision in Precision.allCases {
            let results = try valuesByName(requests, problem, batchSize: 2, precision: precision)
            for (name, values) in wanted {
                let (got, scale) = (results[name]!, 1 + values.map(abs).max()!)
                let error = zip(got, values).map { abs($0 - $1) }.max()!
                let isFinite = values.allSatisfy { $0.isFinite }
                #expect(isFinite && error <= (precision == .float32 ? 1e-5 : 1e-12) * scale, "\(name)")
            }
            #expect(results["S"]!.allSatisfy { $0.isFinite })
        }
    }

    private static let far: [[Double]] = [
        [1e4, -1e4, 0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [-1e4, 0.5, -0.5], [0, 0, 1e4],
    ]
    private static let labels = [0, 0, 2, 1, 2, 2]

    @Test(arguments: [0, 0.2])
    func farLogitsWithClasses(smoothing: Double) throws {
        let dense = DenseLoss(
            form: .classes(Self.labels, ignoring: -100), outputs: 3, smoothing: smoothing, classWeights: [1, 0.5, 2])
        try expectTerms(
            "cross-entropy(label_smoothing=\(smoothing), weights=w)", dense, Self.far,
            targets: ([6], .int64(Self.labels.map { Int64($0) })))
    }

    @Test func farLogitsWithProbabilities() throws {
        let q = Self.labels.map { label in (0..<3).map { $0 == label ? 0.75 : 0.125 } }
        let dense = DenseLoss(form: .probabilities(q), outputs: 3, classWeights: [1, 0.5, 2])
        try expectTerms("cross-entropy(weights=w)", dense, Self.far, targets: ([6, 3], .real(q.flatMap(\.self))))
    }

    @Test func farLogitsWithBits() throws {
        let bits = Self.labels.map { label in (0..<3).map { $0 == label ? 1.0 : 0 } }
        let ones = [[Double]](repeating: [1, 1, 1], count: 6)
        let dense = DenseLoss(
            form: .binary(bits), outputs: 3, classWeights: [1, 1, 1], weights: ones, positiveWeights: ones)
        try expectTerms("bce", dense, Self.far, targets: ([6, 3], .real(bits.flatMap(\.self))))
    }

    @Test func farValues() throws {
        let ones = [[Double]](repeating: [1, 1, 1], count: 6)
        let dense = DenseLoss(form: .squared(ones), outputs: 3, classWeights: [1, 1, 1], weights: ones)
        try expectTerms("mse", dense, Self.far, targets: ([6, 3], .real([Double](repeating: 1, count: 18))))
    }

    /// A class at -infinity that the target gives no mass is as good as not there, whether the data or the network says
    /// so.
    @Test(arguments: [nil, 1])
    func aMaskedClassIsNotThere(masked: Int?) throws {
        let none = -Double.infinity
        let z = [[0.3, none, 1], [2, none, -1], [1e4, none, -1e4], [-5, none, none], [1, 2, -3]]
        let rows = masked == nil ? z : z.map { [$0[0], 7, $0[2]] }
        let labels = [0, 2, 0, 0, 2]
        let dense = DenseLoss(form: .classes(labels, ignoring: -100), outputs: 3, classWeights: [1, 3, 2])
        try expectTerms(
            "cross-entropy(weights=w)", dense, rows, targets: ([5], .int64(labels.map { Int64($0) })), masked: masked)
        let q = labels.map { label in label == 2 ? [0.5, 0, 0.5] : [1.0, 0, 0] }
        let soft = DenseLoss(form: .probabilities(q), outputs: 3, classWeights: [1, 3, 2])
        try expectTerms(
            "cross-entropy(weights=w)", soft, rows, targets: ([5, 3], .real(q.flatMap(\.self))), masked: masked)
    }

    /// A bit's logit may be infinite on the side of its target.
    @Test func infiniteLogitsOfBits() throws {
        let all = Double.infinity
        let z = [[-all, 0.5, all], [-1, -all, 2]]
        let bits = [[0.0, 1, 1], [1, 0, 0]]
        let ones = [[Double]](repeating: [1, 1, 1], count: 2)
        let dense = DenseLoss(
            form: .binary(bits), outputs: 3, classWeights: [1, 1, 1], weights: ones, positiveWeights: ones)
        let finite = z.map { $0.map { min(max($0, -1e4), 1e4) } }
        try expectTerms(
            "bce", dense, z, targets: ([2, 3], .real(bits.flatMap(\.self))),
            losses: finite.indices.map { dense.value($0, finite[$0]) })
    }

    /// A masked class with mass has no finite loss, and says so.
    @Test func aMaskedClassWithMassIsRefused() throws {
        let data = ArraySource(["inputs": ([1, 3], .real([0, 0, 0])), "targets": ([1], .int64([1]))])
        let problem = try Problem(
            name: "model", model: model(outputs: 3, masked: 1), loss: Loss(parsing: "cross-entropy"), data: data,
            vectors: ArraySource([:]))
        let error = #expect(throws: ProblemError.self) { try evaluate(["loss"], problem) }
        #expect(error?.code == .notFinite)
    }

    /// Of ignored terms only a label is looked at, which may be any number.
    @Test(arguments: [Int.max, Int.min, 9_007_199_254_740_993])
    func anyIgnoreIndex(ignored: Int) throws {
        let labels = [0, ignored, 2]
        let dense = DenseLoss(form: .classes(labels, ignoring: ignored), outputs: 3, classWeights: [1, 1, 1])
        try expectTerms(
            "cross-entropy(ignore_index=\(ignored))", dense, [[1, 2, 3], [0, 5, 1], [-1, 0, 0]],
            targets: ([3], .int64(labels.map { Int64($0) })))
    }

    // MARK: A large vocabulary

    private static let vocabulary = 50_000

    /// z = s0 x + s1 x^2 with two parameters, so that nothing but outputs is large.
    private func vocabularyProblem(isIndex: Bool, terms: Int) throws -> (problem: Problem, x: [Double]) {
        let (n, c) = (4, Self.vocabulary)
        var network = TestNetwork(seed: 3)
        let graph = network.graph
        let x = try network.input(terms == 1 ? [c] : [terms, c])
        func scalar(_ name: String) throws -> Node {
            let parameter = try network.parameter(name, [1])
            return try graph.broadcast(graph.reshape(parameter, .scalar), to: graph.shape(x), axes: [])
        }
        let (a, b) = (try scalar("a"), try scalar("b"))
        let z = try graph.add(graph.multiply(a, x), graph.multiply(b, graph.square(x)))
        let shape = [n] + (terms == 1 ? [] : [terms])
        var numbers = SeededNumbers(seed: 6)
        let values = numbers.array(n * terms * c, scale: 3)
        let targets: (shape: [Int], values: ArraySource.Values) =
            isIndex
            ? (shape, .int64((0..<n * terms).map { Int64($0 * 9973 % c) }))
            : (shape + [c], .real([Double](repeating: 1 / Double(c), count: n * terms * c)))
        let vectors = ArraySource([
            "v": ([2], .real([0.7, -0.4])), "V": ([2, 3], .real([1, 2, 3, -1, 0, 1])),
            "w": ([c], .real((0..<c).map { 1 + Double($0 % 3) })),
        ])
        let problem = try Problem(
            name: "model", model: network.model(z),
            loss: Loss(parsing: "cross-entropy(label_smoothing=0.1, weights=w)"),
            data: ArraySource(["inputs": (shape + [c], .real(values)), "targets": targets]), vectors: vectors)
        return (problem, values)
    }

    @Test(arguments: [true, false], [1, 2])
    func memoryOfALargeVocabularyIsLinear(isIndex: Bool, terms: Int) throws {
        let (problem, _) = try vocabularyProblem(isIndex: isIndex, terms: terms)
        let requests = [
            "loss", "gradient", "hessian @ v", "ggn @ v", "empirical_fisher @ v", "ggn(samples=1000) @ v", "ggn @ V",
            "hessian @ V",
            "ggn(samples=1000, seed=1) @ V",
        ]
        for request in requests.map({ [$0] }) + [requests] {
            let plan = try Plan(parseRequests(request, in: problem), problem: problem)
            let entries = 4 * terms * Self.vocabulary * Precision.float32.storage.byteCount
            // A few values of (N, T, C), three columns each for blocks.
            #expect(plan.memory.total < (request.count > 1 ? 16 : 12) * entries, "\(request)")
        }
    }

    @Test func aLargeVocabularyIsRight() throws {
        let (problem, x) = try vocabularyProblem(isIndex: true, terms: 1)
        let c = Self.vocabulary
        let results = try valuesByName(["loss", "G = ggn @ v", "E = empirical_fisher @ v"], problem, batchSize: 3)
        let parameters = problem.model.allValues
        let (v0, v1) = (0.7, -0.4)
        let weights = (0..<c).map { 1 + Double($0 % 3) }
        var (loss, m) = (0.0, 0.0)
        var (ggn, fisher) = ([0.0, 0], [0.0, 0])
        for i in 0..<4 {
            let row = Array(x[i * c..<(i + 1) * c])
            let z = row.map { parameters[0] * $0 + parameters[1] * $0 * $0 }
            let exponentials = z.map(exp)
            let total = exponentials.reduce(0, +)
            let label = i * 9973 % c
            let q = (0..<c).map { weights[$0] * (($0 == label ? 0.9 : 0) + 0.1 / Double(c)) }
            let mass = q.reduce(0, +)
            let p = exponentials.map { $0 / total }
            m += weights[label]
            loss -= (0..<c).reduce(0) { $0 + q[$1] * (z[$1] - log(total)) }
            let u = row.map { v0 * $0 + v1 * $0 * $0 }
            let mean = zip(p, u).reduce(0) { $0 + $1.0 * $1.1 }
            let g = zip(p, q).map { mass * $0 - $1 }
            let gu = zip(g, u).reduce(0) { $0 + $1.0 * $1.1 }
            for k in 0..<c {
                let h = mass * p[k] * (u[k] - mean)
                ggn = [ggn[0] + h * row[k], ggn[1] + h * row[k] * row[k]]
                fisher = [fisher[0] + g[k] * gu * row[k], fisher[1] + g[k] * gu * row[k] * row[k]]
            }
        }
        #expect(relativeError(results["loss"]!, [loss / m]) < 1e-12)
        #expect(relativeError(results["G"]!, ggn.map { $0 / m }) < 1e-11)
        #expect(relativeError(results["E"]!, fisher.map { $0 / m }) < 1e-11)
    }
}
