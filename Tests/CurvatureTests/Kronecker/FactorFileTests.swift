import Foundation
import Safetensors
import Testing

@testable import Curvature

/// Factors that one run saves and another loads, and their averages over runs.
@Suite struct FactorFileTests {
    private func problem(seed: UInt64 = 1, hidden: Int = 4, targets: [Int64] = [0, 1, 1, 0, 1]) throws -> Problem {
        let size = 3 * hidden + hidden + 2 * hidden + 2
        var numbers = SeededNumbers(seed: 9)
        return try Problem(
            name: "small",
            model: Model(Sequential(Linear(hidden), Activation.tanh, Linear(2)), inputShape: [3], seed: seed),
            loss: Loss(.crossEntropy()),
            data: ArraySource([
                "inputs": ([5, 3], .real(numbers.array(15))), "targets": ([5], .int64(targets)),
            ]), vectors: ArraySource(["v": ([size], .real(numbers.array(size)))]))
    }
    private func execution(_ requests: [String], _ problem: Problem, factors: FactorFile? = nil) throws -> Execution {
        var options = float64Options
        options.factors = factors
        return try Execution(Plan(parseRequests(requests, in: problem), problem: problem, options: options))
    }
    private func values(_ execution: Execution) throws -> [[Double]] {
        let results = try execution.run()
        return withExtendedLifetime(results) { results.entries.map(\.values) }
    }
    private func temporaryFile() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("factors-\(UUID().uuidString).safetensors")
    }

    private static let requests = [
        "ekfac @ v", "inverse(kfac, damping=0.1) @ v", "logdet(ekfac + 0.2 * identity)", "trace(kfoc(fisher=type2))",
    ]

    /// The same bits, and no pass over the data.
    @Test func loadedFactorsAreTheSaved() throws {
        let (problem, file) = (try problem(), temporaryFile())
        defer { try? FileManager.default.removeItem(at: file) }
        let first = try execution(Self.requests, problem)
        let want = try values(first)
        try first.saveFactors(to: file)
        let second = try execution(Self.requests, problem, factors: FactorFile(contentsOf: file))
        #expect(try values(second) == want)
        #expect(first.plan.dataPasses == 2)
        #expect(second.plan.dataPasses == 0)
        // Saved again, they are the same file.
        let again = temporaryFile()
        defer { try? FileManager.default.removeItem(at: again) }
        try second.saveFactors(to: again)
        let (twice, once) = (try SafetensorsFile(contentsOf: again), try SafetensorsFile(contentsOf: file))
        #expect(twice.entries.map(\.name).sorted() == once.entries.map(\.name).sorted())
        for entry in once.entries {
            #expect(try twice.values(of: entry.name, as: Double.self) == once.values(of: entry.name, as: Double.self))
        }
    }

    /// Factors alone serve whatever is made of them.
    @Test func decompositionsAreMadeWhereTheFileHasNone() throws {
        let (problem, file) = (try problem(), temporaryFile())
        defer { try? FileManager.default.removeItem(at: file) }
        let first = try execution(["kfac @ v"], problem)
        _ = try values(first)
        try first.saveFactors(to: file)
        let names = try SafetensorsFile(contentsOf: file).entries.map(\.name).sorted()
        #expect(
            names == ["kfac/0.weight/input", "kfac/0.weight/output", "kfac/2.weight/input", "kfac/2.weight/output"])
        let requests = ["inverse(kfac, damping=0.1) @ v", "eigenvalues(kfac, count=3)"]
        let second = try execution(requests, problem, factors: FactorFile(contentsOf: file))
        #expect(try values(second) == values(execution(requests, problem)))
    }

    @Test func mismatchesAreErrors() throws {
        let (problem, file) = (try problem(), temporaryFile())
        defer { try? FileManager.default.removeItem(at: file) }
        let first = try execution(["kfac @ v"], problem)
        _ = try values(first)
        try first.saveFactors(to: file)
        let loaded = try FactorFile(contentsOf: file)
        func message(_ requests: [String], _ other: Problem) throws -> String {
            let error = #expect(throws: ProblemError.self) { try self.execution(requests, other, factors: loaded) }
            return error?.message ?? ""
        }
        #expect(try message(["kfac @ v"], self.problem(seed: 2)).contains("expected the parameter values"))
        #expect(try message(["kfac @ v"], self.problem(hidden: 5)).contains("expected the model"))
        #expect(
            try message(["kfac(fisher=type2) @ v"], problem).contains(
                "expected the factors of kfac(fisher=type2), found those of kfac; save them again"))
        #expect(try message(["ekfac @ v"], problem).contains("expected the factors of ekfac, found those of kfac"))
        let none = try execution(["gradient"], problem)
        _ = try values(none)
        #expect(throws: ProblemError.self) { try none.saveFactors(to: file) }
    }

    /// Class weights come with the vectors, and count.
    @Test func weightsOfTheLossAreStamped() throws {
        func problem(_ weights: [Double]) throws -> Problem {
            var numbers = SeededNumbers(seed: 9)
            return try Problem(
                name: "small",
                model: Model(Sequential(Linear(4), Activation.tanh, Linear(2)), inputShape: [3], seed: 1),
                loss: Loss(parsing: "cross-entropy(weights=w)"),
                data: ArraySource([
                    "inputs": ([5, 3], .real(numbers.array(15))), "targets": ([5], .int64([0, 1, 1, 0, 1])),
                ]), vectors: ArraySource(["w": ([2], .real(weights)), "v": ([26], .real(numbers.array(26)))]))
        }
        let file = temporaryFile()
        defer { try? FileManager.default.removeItem(at: file) }
        let first = try execution(["kfac @ v"], problem([1, 2]))
        let want = try values(first)
        try first.saveFactors(to: file)
        let loaded = try FactorFile(contentsOf: file)
        #expect(try values(execution(["kfac @ v"], problem([1, 2]), factors: loaded)) == want)
        let error = #expect(throws: ProblemError.self) {
            try self.execution(["kfac @ v"], problem([1, 3]), factors: loaded)
        }
        #expect(error?.message.contains("expected the loss weights") == true)
    }

    /// After k runs with other labels: the averages of the paper's rule, from factors that single runs give.
    @Test func averagesOverRuns() throws {
        let labels: [[Int64]] = [[0, 1, 1, 0, 1], [1, 1, 1, 0, 0], [0, 0, 0, 0, 1]]
        let requests = ["kfac(fisher=empirical) @ v", "trace(kfac(fisher=empirical))"]
        let decay = 0.6
        var numbers = SeededNumbers(seed: 9)
        let inputs = numbers.array(15)
        let averaging = try execution(requests, problem())
        try averaging.averageFactors(decay: decay)
        // The factors of inputs are the same in all runs, so that products are linear in those of output gradients.
        var want: [Double] = []
        for (index, own) in labels.enumerated() {
            let alone = try values(execution(requests, problem(targets: own)))[0]
            let share = min(1 - 1 / Double(index + 1), decay)
            want = index == 0 ? alone : zip(want, alone).map { share * $0 + (1 - share) * $1 }
            try averaging.setData(inputs: ([5, 3], inputs), targets: ([5], own))
            let got = try values(averaging)
            #expect(relativeError(got[0], want) < 1e-13, "run \(index + 1)")
        }
        #expect(throws: ProblemError.self) { try averaging.averageFactors(decay: 1) }
    }

    /// What Swift says is what the language says.
    @Test func swiftAndTheLanguageMakeTheSameOperators() throws {
        let problem = try smallProblem()
        let pairs: [(LinearOperator, String)] = [
            (problem.kfac(), "kfac"),
            (problem.kfac(fisher: .type2, weightSharing: .reduce), "kfac(fisher=type2, weight_sharing=reduce)"),
            (problem.ekfac(samples: 3, seed: 2), "ekfac(samples=3, seed=2)"),
            (
                problem.kfoc(fisher: .empirical, separatesWeightAndBias: false),
                "kfoc(fisher=empirical, separate_weight_and_bias=false)"
            ),
            (
                problem.kfac().inverse(damping: 0.1, style: .heuristic),
                "inverse(kfac, damping=0.1, damping_style=heuristic)"
            ),
            (problem.ekfac().inverse(damping: 0.1), "inverse(ekfac, damping=0.1)"),
            ((problem.ekfac() + 0.1 * .identity).power(-0.5), "power(ekfac + 0.1 * identity, -0.5)"),
        ]
        for (map, text) in pairs { #expect("\(map)" == text) }
        #expect("\(problem.ekfac(fisher: .forwardOnly))".contains("fisher=forward_only"))
        #expect("\(problem.kfac().inverse(damping: 0))".contains("a number above 0"))
    }
}
