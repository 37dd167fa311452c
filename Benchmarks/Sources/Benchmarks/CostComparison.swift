import Curvature

/// What one thing costs in terms of another, beside what we want it to cost at most.
struct CostComparison: Sendable {
    struct Outcome: Codable, Sendable {
        var name, requests, reference: String
        /// Of time and of matmul flops, over the reference's.
        var time: Quartiles
        var flops: Double
        /// What `time` should be at most.
        var goal: Double

        var text: String {
            "\(name): \(requests), over \(reference): time \(Table.number(time.median, 2)) (\(Table.number(time.lower, 2))-\(Table.number(time.upper, 2))), goal \(Table.number(goal, 2)); flops \(Table.number(flops, 2))"
        }
    }
    let name: String
    let requests: [String]
    let reference: [String]
    /// With primal values that an earlier run left behind: a product inside an iteration, from the second on.
    var keepsPrimalValues = false
    let goal: Double
}

extension CostComparison {
    /// A product of the Hessian when the primal values are there, over the first one.
    static let secondProduct = CostComparison(
        name: "second-product", requests: ["hessian @ v"], reference: ["hessian @ v"], keepsPrimalValues: true,
        goal: 0.8)

    /// The factors come out of the sweeps of the gradient.
    static let factors = [
        CostComparison(
            name: "factors-empirical", requests: ["gradient", "trace(kfac(fisher=empirical))"],
            reference: ["gradient"], goal: 1.75),
        CostComparison(
            name: "factors-mc", requests: ["gradient", "trace(kfac(fisher=mc))"], reference: ["gradient"], goal: 1.95),
    ]

    /// Each comparison with the problem on which it is made.
    static let all: [(problem: BenchmarkProblem, comparison: CostComparison)] =
        BenchmarkProblem.all.map { ($0, secondProduct) }
        + factors.map { (BenchmarkProblem.perceptron.with(examples: 512), $0) }

    func run(_ subject: BenchmarkProblem, _ problem: Problem, threads: Int, pairs: Int) throws -> Outcome {
        typealias Values = [(request: String, values: [Double])]
        func execution(_ requests: [String], keepsPrimalValues: Bool) throws -> (Execution, Values) {
            var options = PlanOptions()
            (options.threads, options.keepsPrimalValues) = (threads, keepsPrimalValues)
            let plan = try Plan(parseRequests(requests, in: problem), problem: problem, options: options)
            let execution = try Execution(plan)
            // Once for nothing, so that neither side pays for first touches of memory.
            try execution.prepare()
            let results = try execution.run()
            return (execution, results.entries.map { ($0.name, $0.values) })
        }
        let (own, values) = try execution(requests, keepsPrimalValues: keepsPrimalValues)
        let (other, expected) = try execution(reference, keepsPrimalValues: false)
        // The reference's requests come first in both.
        _ = try Agreement.check(Array(values.prefix(expected.count)), expected, of: "\(subject.name)/\(name)")
        var times: [Double] = []
        for pair in 0..<pairs {
            // In turn, and in turn first.
            for side in pair % 2 == 0 ? [own, other] : [other, own] { _ = try side.run() }
            times.append(own.measurement.seconds / other.measurement.seconds)
        }
        return Outcome(
            name: "\(subject.name)/\(name)", requests: requests.joined(separator: ", "),
            reference: keepsPrimalValues ? "the first" : reference.joined(separator: ", "), time: Quartiles(times),
            flops: Double(own.measurement.matmulFlops) / Double(other.measurement.matmulFlops), goal: goal)
    }
}
