import Curvature

/// Loss and gradient of the multilayer perceptron beside the matrix products they consist of, in turn: how much of what the
/// processor can do is reached.
enum MatrixProductComparison {
    struct Outcome: Codable, Sendable {
        var threads: Int
        /// Of the plan's matmul flops over its time, and of the same products alone over theirs.
        var gigaflopsPerSecond, sgemmGigaflopsPerSecond: Double
        /// Time of the products alone over the time of loss and gradient: 1 would be perfect.
        var ratio: Quartiles

        enum CodingKeys: String, CodingKey {
            case threads, ratio
            case gigaflopsPerSecond = "gigaflops_per_second"
            case sgemmGigaflopsPerSecond = "sgemm_gigaflops_per_second"
        }
        var text: String {
            "mlp, \(threads) thread\(threads == 1 ? "" : "s"): loss, gradient \(Table.number(gigaflopsPerSecond, 1)) Gflop/s; sgemm alone \(Table.number(sgemmGigaflopsPerSecond, 1)) Gflop/s; ratio \(Table.number(ratio.median, 2)) (\(Table.number(ratio.lower, 2))-\(Table.number(ratio.upper, 2)))"
        }
    }

    static func run(_ problem: Problem, threads: Int, pairs: Int) throws -> Outcome {
        let batch = problem.shape.examples
        let sizes = [784, 1024, 512, 256, 128, 64, 10]
        var options = PlanOptions()
        (options.batchSize, options.threads) = (batch, threads)
        let plan = try Plan(parseRequests(["loss", "gradient"], in: problem), problem: problem, options: options)
        let execution = try Execution(plan)
        let products = MatrixProducts(sizes: sizes, batch: batch)
        guard products.flops == plan.matmulFlops else {
            throw BenchmarkFailure(
                "matrix products: expected the plan's \(plan.matmulFlops) matmul flops, found \(products.flops)")
        }
        _ = try execution.run()
        products.run(threads: threads)
        var times: [(alone: Double, whole: Double)] = []
        for _ in 0..<pairs {
            let start = ContinuousClock.now
            products.run(threads: threads)
            let (seconds, attoseconds) = (ContinuousClock.now - start).components
            _ = try execution.run()
            times.append((Double(seconds) + Double(attoseconds) * 1e-18, execution.measurement.seconds))
        }
        let work = Double(products.flops) / 1e9
        return Outcome(
            threads: threads, gigaflopsPerSecond: work / Quartiles(times.map(\.whole)).median,
            sgemmGigaflopsPerSecond: work / Quartiles(times.map(\.alone)).median,
            ratio: Quartiles(times.map { $0.alone / $0.whole }))
    }
}
