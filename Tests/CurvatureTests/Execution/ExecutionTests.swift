import Kernels
import Testing

@testable import Curvature

/// A plan's runs: the same values whatever the batch size, the same bits whatever the threads, no memory but results the second time.
@Suite(.serialized) struct ExecutionTests {
    static let requests = [
        "loss", "gradient", "prediction", "Hv = hessian @ v", "HV = hessian @ V", "ggn @ V", "empirical_fisher @ v",
        "jacobian @ V", "transpose(jacobian) @ u", "JJ = transpose(jacobian) @ (jacobian @ v + u)", "norm(gradient)",
        "dot(gradient, v)",
        "mix = (2 * hessian - 0.5 * ggn + 0.3 * empirical_fisher + 0.1 * identity) @ v + 0.7 * gradient + transpose(jacobian) @ u",
        "ggn @ hessian @ v", "ggn(samples=2, seed=5) @ v", "diag(v) @ hessian @ V", "dense(V) @ k + gradient",
        "transpose(dense(V)) @ gradient", "scaled = norm(gradient) * hessian @ v - loss * v / dot(v, v)", "0 * v",
    ]

    static func problem(examples: Int = 13, hidden: Int = 7) throws -> Problem {
        var numbers = SeededNumbers(seed: 3)
        let model = try TestNetwork.attention(inputs: hidden, terms: 4, outputs: 3)
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let outputs = examples * 4 * 3
        let data = ArraySource([
            "inputs": ([examples, 4, hidden], .real(numbers.array(examples * 4 * hidden))),
            "targets": ([examples, 4], .int64((0..<examples * 4).map { Int64($0 % 5 == 4 ? -100 : $0 % 3) })),
        ])
        let vectors = ArraySource([
            "v": ([count], .real(numbers.array(count))), "V": ([count, 3], .real(numbers.array(count * 3))),
            "k": ([3], .real(numbers.array(3))), "u": ([outputs], .real(numbers.array(outputs))),
        ])
        return try Problem(name: "test", model: model, loss: Loss(.crossEntropy()), data: data, vectors: vectors)
    }

    @Test(arguments: [1, 2, 5, 13, 50], [false, true])
    func batchSizeAndSharingChangeNothing(batch: Int, isNaive: Bool) throws {
        let problem = try Self.problem()
        let want = try evaluate(Self.requests, problem).results
        let got = try evaluate(Self.requests, problem, batchSize: batch, isNaive: isNaive).results
        for (entry, other) in zip(want.entries, got.entries) {
            #expect(relativeError(other.values, entry.values) < 1e-12, "\(entry.name)")
        }
    }

    @Test(arguments: [[], ["merge-cotangents"], ["combine-vectors"], ["merge-cotangents", "combine-vectors"]])
    func rulesChangeNoValue(disabled: Set<String>) throws {
        let problem = try Self.problem()
        let requests = [
            "2 * hessian @ v + 3 * hessian @ (k2 * gradient) - ggn @ v + gradient", "hessian @ v - hessian @ gradient",
        ]
        .map { $0.replacing("k2", with: "0.5") }
        let want = try evaluate(requests, problem, isNaive: true).results
        let got = try evaluate(requests, problem, disabledRules: disabled).results
        for (entry, other) in zip(want.entries, got.entries) {
            #expect(relativeError(other.values, entry.values) < 1e-12, "\(entry.name)")
        }
    }

    @Test(arguments: [Precision.float32, .float64], [1, 5, 13])
    func threadsChangeNoBit(precision: Precision, batch: Int) throws {
        let problem = try Self.problem(examples: 13, hidden: 40)
        let one = try evaluate(Self.requests, problem, batchSize: batch, threads: 1, precision: precision).results
        let two = try evaluate(Self.requests, problem, batchSize: batch, threads: 2, precision: precision).results
        for (entry, other) in zip(one.entries, two.entries) {
            #expect(entry.values.map(\.bitPattern) == other.values.map(\.bitPattern), "\(entry.name)")
        }
    }

    @Test func precisionsAgree() throws {
        let problem = try Self.problem()
        let wide = try evaluate(Self.requests, problem).results
        let narrow = try evaluate(Self.requests, problem, precision: .float32).results
        for (entry, other) in zip(wide.entries, narrow.entries) {
            #expect(relativeError(other.values, entry.values) < 1e-4, "\(entry.name)")
        }
    }

    @Test(arguments: [4, 13])
    func aSecondRunAllocatesResultsOnly(batch: Int) throws {
        let problem = try Self.problem()
        var options = PlanOptions()
        (options.precision, options.batchSize, options.threads) = (.float64, batch, 2)
        let plan = try Plan(parseRequests(Self.requests, in: problem), problem: problem, options: options)
        let execution = try Execution(plan)
        let first = try execution.run()
        let kept = first.entries.map(\.values)
        let before = Memory.allocationCount
        let second = try execution.run()
        // One block for all results.
        #expect(Memory.allocationCount == before + 1)
        #expect(second.entries.map(\.values) == kept)
        #expect(first.entries.map(\.values) == kept)
    }

    @Test func memoryIsFlatInTheNumberOfExamples() throws {
        var options = PlanOptions()
        options.batchSize = 8
        let requests = ["loss", "gradient", "hessian @ v", "ggn @ V"]
        let totals = try [16, 1600].map { examples in
            let problem = try Self.problem(examples: examples)
            return try Plan(parseRequests(requests, in: problem), problem: problem, options: options).memory.total
        }
        #expect(totals[0] == totals[1])
    }

    @Test func aSmallerBudgetGivesSmallerBatchesOrIsRefused() throws {
        let problem = try Self.problem(examples: 600)
        let requests = try parseRequests(["hessian @ v"], in: problem)
        var options = PlanOptions()
        let large = try Plan(requests, problem: problem, options: options)
        options.memory = large.memory.total / 4
        let small = try Plan(requests, problem: problem, options: options)
        #expect(small.batchSize < large.batchSize)
        #expect(small.memory.total <= options.memory)
        options.memory = 1000
        #expect {
            try Plan(requests, problem: problem, options: options)
        } throws: { error in
            "\(error)".hasPrefix("--memory 1000 B is too small: with a batch of 1 the plan needs ")
        }
    }

    @Test func finiteDifferencesAgree() throws {
        let problem = try Self.problem()
        let base = try evaluate(["Hv = hessian @ v", "Jv = jacobian @ v", "d = dot(gradient, v)"], problem).results
        let v = try evaluate(["v"], problem).results["v"]!.values
        let values = problem.model.allValues
        let step = 1e-5
        func moved(by step: Double) throws -> Results {
            let model = problem.model.with(zip(values, v).map { $0 + step * $1 })
            let problem = try Problem(
                name: "moved", model: model, loss: problem.loss, data: problem.data, vectors: problem.vectors)
            return try evaluate(["loss", "gradient", "prediction"], problem).results
        }
        let (ahead, behind) = (try moved(by: step), try moved(by: -step))
        func difference(_ name: String) -> [Double] {
            zip(ahead[name]!.values, behind[name]!.values).map { ($0 - $1) / (2 * step) }
        }
        #expect(relativeError(base["d"]!.values, difference("loss")) < 1e-8)
        #expect(relativeError(base["Hv"]!.values, difference("gradient")) < 1e-8)
        #expect(relativeError(base["Jv"]!.values, difference("prediction")) < 1e-8)
    }
}
