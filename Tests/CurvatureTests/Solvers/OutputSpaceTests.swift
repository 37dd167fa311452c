import Foundation
import Kernels
import Testing

@testable import Curvature

/// Inverses and determinants through the kernel matrix of outputs, against the matrix itself.
@Suite struct OutputSpaceTests {
    /// Networks whose parameters meet the data in every way there is.
    enum Network: String, CaseIterable, Sendable {
        case dense, convolution, strided, normalized, tokens, repeated, sequence

        var layer: any Layer {
            switch self {
            case .dense: Sequential(Linear(16), Activation.tanh, Linear(8), Activation.tanh, Linear(3))
            case .convolution:
                Sequential(
                    Convolution2D(4, size: 3, padding: 1), Activation.tanh, AveragePooling2D(size: 2), Flatten(),
                    Linear(3))
            case .strided: Sequential(Convolution2D(6, size: 2, stride: 2), Activation.tanh, Flatten(), Linear(3))
            case .normalized: Sequential(Linear(12), LayerNormalization(), Activation.tanh, Linear(3))
            case .tokens: Sequential(Embedding(9, features: 6), Flatten(), Linear(5), Activation.tanh, Linear(3))
            case .repeated: Twice()
            case .sequence: Sequential(Linear(14), Activation.tanh, Linear(3))
            }
        }
        /// The same layer called twice, and its weight once more as another's.
        struct Twice: Layer {
            func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
                let inner = Linear(6)
                let first = try inner(x, in: scope.child("a")).tanh()
                let second = try inner(first, in: scope.child("a").reusing).tanh()
                return try Linear(3)(second, in: scope.child("b"))
            }
        }
        var inputShape: [Int] {
            switch self {
            case .convolution, .strided: [2, 4, 4]
            case .tokens: [3]
            case .sequence: [2, 4]
            default: [6]
            }
        }

        func problem(_ loss: Loss = try! .crossEntropy(), examples n: Int = 5) throws -> Problem {
            var numbers = SeededNumbers(seed: 3)
            let model = try Model(layer, inputShape: inputShape, isInteger: self == .tokens, seed: 2)
            let count = n * inputShape.reduce(1, *)
            let terms = self == .sequence ? 2 : 1
            let inputs =
                self == .tokens
                ? try HostArray((0..<count).map { $0 * 5 % 9 }, shape: [n] + inputShape)
                : try HostArray(numbers.array(count), shape: [n] + inputShape)
            let labels = (0..<n * terms).map { $0 * 2 % 3 }
            let size = model.parameters.reduce(0) { $0 + $1.count }
            return try Problem(
                model: .network(model), loss: loss,
                data: .arrays([
                    "inputs": inputs, "targets": HostArray(labels, shape: terms == 1 ? [n] : [n, terms]),
                ]),
                vectors: .arrays([
                    "v": HostArray(numbers.array(size), shape: [size]),
                    "V": HostArray(numbers.array(3 * size), shape: [size, 3]),
                ]))
        }
    }

    static let curvatures = ["2 * ggn", "empirical_fisher / 3", "ggn(samples=2, seed=5)", "0.25 * ggn + 0.5 * fisher"]

    @Test(arguments: Network.allCases, curvatures)
    func solutionsAndDeterminants(network: Network, curvature: String) throws {
        for reduction in Loss.Reduction.allCases {
            let problem = try network.problem(.crossEntropy(labelSmoothing: 0.1, reduction: reduction))
            let matrix = "(\(curvature) + 0.3 * identity)"
            let requests = [
                "x = inverse(\(matrix), solver=direct, tolerance=1e-12) @ v",
                "X = inverse(\(matrix), solver=direct, tolerance=1e-12) @ V", "d = logdet(\(matrix))",
                "A = materialize(\(matrix))", "v", "V",
            ]
            let plan = try Plan(parseRequests(requests, in: problem), problem: problem)
            #expect(plan.rewrites.filter { $0.after.contains("in output space") }.count == 2)
            let size = problem.shape.parameters
            for (batch, threads, isNaive) in [(5, 1, false), (2, 2, false), (1, 1, true)] {
                let got = try valuesByName(requests, problem, batchSize: batch, threads: threads, isNaive: isNaive)
                let a = Matrix(rows: size, columns: size, got["A"]!)
                func product(_ x: [Double], _ columns: Int) -> [Double] {
                    (a * Matrix(rows: size, columns: columns, x)).values
                }
                #expect(relativeError(product(got["x"]!, 1), got["v"]!) < 1e-11)
                #expect(relativeError(product(got["X"]!, 3), got["V"]!) < 1e-11)
                let logdet = try choleskyLogdet(a)
                #expect(abs(got["d"]![0] - logdet) < 1e-10 * Double(size))
            }
        }
    }

    /// The step that solves, with what explain says of the choice.
    private func solved(
        _ request: String, _ problem: Problem, _ precision: Precision = .float64, disabled: [String] = []
    ) throws -> (step: RunMeasurement.Step, choice: String?, values: [Double]) {
        var options = float64Options
        (options.precision, options.disabledRules) = (precision, Set(disabled))
        let plan = try Plan(parseRequests([request], in: problem), problem: problem, options: options)
        let execution = try Execution(plan)
        let results = try execution.run()
        let step = try #require(execution.measurement.steps.last { !$0.solves.isEmpty })
        let choice = plan.rewrites.first { $0.rule == "choose-solver" }?.after
        return (step, choice, results.entries[0].values)
    }

    /// The exact inverse leaves one iteration, two where rounding is large beside the damping.
    @Test(arguments: [(1.0, Precision.float64), (1e-9, .float64), (1, .float32), (1e-3, .float32)])
    func iterations(damping: Double, precision: Precision) throws {
        let problem = try Network.dense.problem()
        let request = "x = inverse(ggn + \(damping) * identity, solver=direct) @ gradient"
        let got = try solved(request, problem, precision)
        let column = try #require(got.step.solves.first)
        #expect(column.iterations <= 2)
        let want = try valuesByName(["A = materialize(ggn + \(damping) * identity)", "g = gradient"], problem)
        let a = Matrix(rows: got.values.count, columns: got.values.count, want["A"]!)
        let back = a * Matrix(rows: got.values.count, columns: 1, got.values)
        #expect(relativeError(back.values, want["g"]!) < 1e-5)
    }

    /// More rows than parameters, or parameters whose gradients are not known example by example: the matrix itself.
    @Test func otherwiseTheMatrixItself() throws {
        let wide = try Network.dense.problem(examples: 200)
        #expect(wide.shape.parameters < 600)
        var layers = [any Layer]()
        layers = [
            Convolution2D(4, size: 3, padding: 1, groups: 2), Activation.tanh, Flatten(), Linear(2),
        ]
        var numbers = SeededNumbers(seed: 5)
        let grouped = try Problem(
            model: .layers(Sequential(layers), inputShape: [2, 4, 4], seed: 1), loss: .crossEntropy(),
            data: .arrays([
                "inputs": HostArray(numbers.array(64), shape: [2, 2, 4, 4]), "targets": HostArray([0, 1], shape: [2]),
            ]))
        for problem in [wide, grouped] {
            let request = "x = inverse(ggn + 0.5 * identity, solver=direct, tolerance=1e-10) @ gradient"
            let plan = try Plan(parseRequests([request], in: problem), problem: problem)
            #expect(!plan.rewrites.contains { $0.after.contains("output space") })
            let got = try valuesByName([request, "r = (ggn + 0.5 * identity) @ x - gradient", "g = gradient"], problem)
            #expect(relativeError(zip(got["r"]!, got["g"]!).map { $0 + $1 }, got["g"]!) < 1e-9)
        }
    }

    /// Left open, the choice goes by cost; with the rule disabled it is conjugate gradients.
    @Test func choice() throws {
        let request = "x = inverse(ggn + 0.5 * identity, tolerance=1e-9) @ gradient"
        let problem = try Network.dense.problem()
        let chosen = try solved(request, problem)
        #expect(chosen.choice == "solver=direct in output space: 15 x 15 in place of 275 x 275")
        let without = try solved(request, problem, disabled: ["choose-solver"])
        #expect(without.choice == nil)
        #expect(without.step.solves[0].iterations > 2 && chosen.step.solves[0].iterations <= 2)
        #expect(relativeError(chosen.values, without.values) < 1e-7)
        // Of many examples the kernel matrix costs more than products do.
        let many = try solved(request, Network.dense.problem(examples: 60))
        #expect(many.choice?.hasPrefix("solver=cg") == true)
        // A loss of one's own promises no root of its Hessian.
        let own = try Network.dense.problem(
            .custom("mine") { z, y in try (z.logSoftmax() * y.oneHot(3)).sum(axes: [1]) * -1 })
        let open = try solved(request, own)
        #expect(open.choice?.hasPrefix("solver=cg") == true)
        #expect(relativeError(open.values, chosen.values) < 1e-7)
    }

    /// A kernel matrix that does not fit is no reason to refuse what iterations do without it.
    @Test func choiceFitsTheMemory() throws {
        let problem = try Network.dense.problem(examples: 40)
        func choice(_ solver: String, _ memory: Int) -> String? {
            var options = float64Options
            options.memory = memory
            let request = "x = inverse(ggn + 0.5 * identity\(solver)) @ gradient"
            let plan = try? Plan(parseRequests([request], in: problem), problem: problem, options: options)
            return plan.map { $0.rewrites.first { $0.rule == "choose-solver" }?.after ?? "as asked" }
        }
        var choices: Set<String> = []
        for memory in stride(from: 8 << 10, through: 2 << 20, by: 8 << 10) {
            let open = choice("", memory)
            #expect((open == nil) == (choice(", solver=cg", memory) == nil), "\(memory)")
            if let open { choices.insert(String(open.prefix(13))) }
        }
        #expect(choices == ["solver=cg: th", "solver=direct"])
    }

    private func choleskyLogdet(_ a: Matrix) throws -> Double {
        var values = a.values
        try values.withUnsafeMutableBytes { bytes in
            try LAPACK.cholesky(
                Operand(address: bytes.baseAddress!, storage: .float64, sizes: [a.rows, a.rows]))
        }
        return (0..<a.rows).reduce(0) { $0 + 2 * log(values[$1 * a.rows + $1]) }
    }
}
