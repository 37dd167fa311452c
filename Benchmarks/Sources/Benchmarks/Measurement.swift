import Curvature

/// One benchmark: what was predicted, what was counted, and how long it took beside its baseline.
struct Measurement: Codable, Sendable {
    struct Side: Codable, Sendable {
        var predicted: PlanCounts
        var matmulFlops, flops, executedFlops: Int
        /// What the model's parameters and the library's buffers took, results included, with no other execution alive.
        var peakBytes: Int
        var seconds: Quartiles

        enum CodingKeys: String, CodingKey {
            case predicted, flops, seconds
            case matmulFlops = "matmul_flops"
            case executedFlops = "executed_flops"
            case peakBytes = "peak_bytes"
        }
    }
    var problem, requests, baselineName: String
    var relativeError: Double
    var fused, baseline: Side
    /// Baseline over fused, of runs next to each other.
    var timeRatio: Quartiles
    var pairs: Int

    enum CodingKeys: String, CodingKey {
        case problem, requests, fused, baseline, pairs
        case baselineName = "baseline_name"
        case relativeError = "relative_error"
        case timeRatio = "time_ratio"
    }

    var name: String { "\(problem)/\(requests)" }
    var flopRatio: Double { Double(baseline.matmulFlops) / Double(fused.matmulFlops) }

    /// Runs both plans in turn, and in turn first, so that whatever slows the machine slows both.
    init(_ subject: BenchmarkProblem, _ set: RequestSet, _ problem: Problem, threads: Int, pairs count: Int) throws {
        (self.problem, requests, baselineName, pairs) = (subject.name, set.name, set.baseline.name, count)
        let name = "\(subject.name)/\(set.name)"
        let plans = try ComparedPlans(set, problem, threads: threads)
        let totals = try PlanDocument(plans.fused, naive: plans.baseline).totals

        // Each alone first, with nothing of the other's alive: what one holds must not count for the other.
        func alone(_ plan: Plan) throws -> AloneRun { try AloneRun(Execution(plan)) }
        let baselineRun = try alone(plans.baseline)
        let fusedRun = try alone(plans.fused)
        relativeError = try Agreement.check(fusedRun.values, baselineRun.values, of: name)
        try Agreement.checkWork(fusedRun.measurement, plans.fused, of: name)
        try Agreement.checkWork(baselineRun.measurement, plans.baseline, of: "\(name), \(set.baseline.name)")

        let (fused, baseline) = (try Execution(plans.fused), try Execution(plans.baseline))
        func seconds(_ execution: Execution) throws -> Double {
            _ = try execution.run()
            return execution.measurement.seconds
        }
        _ = (try seconds(fused), try seconds(baseline))
        var times: [(fused: Double, baseline: Double)] = []
        for pair in 0..<count {
            if pair % 2 == 0 {
                let first = try seconds(fused)
                times.append((first, try seconds(baseline)))
            } else {
                let first = try seconds(baseline)
                times.append((try seconds(fused), first))
            }
        }
        timeRatio = Quartiles(times.map { $0.baseline / $0.fused })
        self.fused = Side(totals.fused, fusedRun, times.map(\.fused))
        self.baseline = Side(totals.naive, baselineRun, times.map(\.baseline))
    }
}

/// What is left of a plan's first run when its memory is gone.
private struct AloneRun {
    let values: [(request: String, values: [Double])]
    let measurement: RunMeasurement
    /// Of all that the prediction counts: the model's parameters, which are there before the run, and buffers, results included. These come after
    /// the last step, while everything else is still there.
    let peakBytes: Int

    init(_ execution: Execution) throws {
        let results = try execution.run()
        values = results.entries.map { ($0.name, $0.values) }
        measurement = execution.measurement
        let width = results.precision == .float32 ? 4 : 8
        let resultBytes = results.entries.reduce(0) { $0 + $1.shape.reduce(width, *) }
        let buffers = measurement.steps.map(\.peakBytes).max() ?? 0
        peakBytes = execution.plan.problem.model.byteCount + buffers + resultBytes
    }
}

extension Measurement.Side {
    fileprivate init(_ total: PlanDocument.TotalPart, _ run: AloneRun, _ times: [Double]) {
        predicted = PlanCounts(total)
        (matmulFlops, flops) = (run.measurement.matmulFlops, run.measurement.flops)
        (executedFlops, peakBytes) = (run.measurement.executedFlops, run.peakBytes)
        seconds = Quartiles(times)
    }
}
