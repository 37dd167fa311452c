import Curvature

/// What curvature costs a training step on top of its gradient: in one plan, and in a plan of its own.
///
/// Each round runs all three on one batch and one set of parameters, in an order that changes, so that what disturbs the machine disturbs all.
struct SharingMeasurement {
    /// Extra time and matmul flops over loss and gradient alone, in units of these.
    struct Outcome {
        var fused, separate: Double
        var fusedFlops, separateFlops: Double
        /// Of the time of a step with two plans to that with one: quartiles.
        var ratio: (lower: Double, median: Double, upper: Double)
    }
    struct Disagreement: Error, CustomStringConvertible {
        let description: String
    }
    private static let gradient = ["loss", "gradient"]

    static func measure(
        _ curvature: [String], _ problem: Problem, _ batches: [Batch], options: PlanOptions, rate: Double, rounds: Int
    ) throws -> Outcome {
        func execution(_ requests: [String]) throws -> Execution {
            try Execution(Plan(parseRequests(requests, in: problem), problem: problem, options: options))
        }
        let alone = try execution(gradient)
        let fused = try execution(gradient + curvature)
        let separate = (try execution(gradient), try execution(curvature))
        let all = [alone, fused, separate.0, separate.1]

        var times: [(alone: Double, fused: Double, separate: Double)] = []
        for round in 0..<rounds + 2 {
            let batch = batches[round % batches.count]
            for execution in all { try execution.setData(inputs: batch.inputs, targets: batch.targets) }
            var seconds = (alone: 0.0, fused: 0.0, separate: 0.0)
            var results: (alone: Results?, fused: Results?, curvature: Results?)
            for turn in 0..<3 {
                switch (turn + round) % 3 {
                case 0:
                    results.alone = try alone.run()
                    seconds.alone = alone.measurement.seconds
                case 1:
                    results.fused = try fused.run()
                    seconds.fused = fused.measurement.seconds
                default:
                    _ = try separate.0.run()
                    results.curvature = try separate.1.run()
                    seconds.separate = separate.0.measurement.seconds + separate.1.measurement.seconds
                }
            }
            try check(results.fused!, results.curvature!)
            // The first rounds load what later ones have.
            if round >= 2 { times.append(seconds) }
            let step = results.alone!["gradient"]!
            for execution in all { try execution.addToParameters(-rate, times: step) }
        }
        let base = Double(alone.plan.matmulFlops)
        return Outcome(
            fused: quantile(times.map { $0.fused / $0.alone }, 0.5) - 1,
            separate: quantile(times.map { $0.separate / $0.alone }, 0.5) - 1,
            fusedFlops: Double(fused.plan.matmulFlops) / base - 1,
            separateFlops: Double(separate.0.plan.matmulFlops + separate.1.plan.matmulFlops) / base - 1,
            ratio: (
                quantile(times.map { $0.separate / $0.fused }, 0.25),
                quantile(times.map { $0.separate / $0.fused }, 0.5),
                quantile(times.map { $0.separate / $0.fused }, 0.75)
            ))
    }

    /// One plan has to give what two give, before anybody compares their times.
    private static func check(_ fused: Results, _ separate: Results) throws {
        for entry in separate.entries {
            let (a, b) = (fused[entry.name]!.values, entry.values)
            let error = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            let scale = b.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard error <= 1e-4 * scale else {
                throw Disagreement(
                    description:
                        "'\(entry.name)' of one plan and of two should agree to 1e-4, the relative error is \(error / scale)"
                )
            }
        }
    }

    private static func quantile(_ values: [Double], _ fraction: Double) -> Double {
        values.sorted()[Int((fraction * Double(values.count - 1)).rounded())]
    }
}
