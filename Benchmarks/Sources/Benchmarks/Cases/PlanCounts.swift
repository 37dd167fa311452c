import Curvature

/// What a plan is expected to do, known before it runs: a function of the requests and of shapes.
struct PlanCounts: Codable, Hashable {
    var dataPasses, forwardSweeps, tangentSweeps, backwardSweeps, flops, matmulFlops, peakBytes: Int

    init(_ total: PlanDocument.TotalPart) {
        (dataPasses, forwardSweeps) = (total.dataPasses, total.forwardSweeps)
        (tangentSweeps, backwardSweeps) = (total.tangentSweeps, total.backwardSweeps)
        (flops, matmulFlops, peakBytes) = (total.flops, total.matmulFlops, total.peakBytes)
    }

    enum CodingKeys: String, CodingKey {
        case flops
        case dataPasses = "data_passes"
        case forwardSweeps = "forward_sweeps"
        case tangentSweeps = "tangent_sweeps"
        case backwardSweeps = "backward_sweeps"
        case matmulFlops = "matmul_flops"
        case peakBytes = "peak_bytes"
    }

    /// By their names in JSON.
    fileprivate var named: [(name: String, value: Int)] {
        [
            ("data_passes", dataPasses), ("forward_sweeps", forwardSweeps), ("tangent_sweeps", tangentSweeps),
            ("backward_sweeps", backwardSweeps), ("flops", flops), ("matmul_flops", matmulFlops),
            ("peak_bytes", peakBytes),
        ]
    }
    fileprivate func differences(from other: PlanCounts, _ place: String) -> [String] {
        zip(named, other.named).filter { $0.value != $1.value }.map {
            "\(place) \($0.name): expected \($1.value), found \($0.value)"
        }
    }
}

/// The counts of every benchmark: what a change of the compiler may lower, and must not raise unseen.
struct BenchmarkCounts: Codable {
    struct Entry: Codable {
        var problem, requests: String
        var fused, baseline: PlanCounts
        var name: String { "\(problem)/\(requests)" }
    }
    var version = 1
    var benchmarks: [Entry] = []

    /// Compiles everything and runs nothing.
    static func predicted() throws -> BenchmarkCounts {
        var counts = BenchmarkCounts()
        for subject in BenchmarkProblem.all {
            let problem = try subject.make()
            for set in RequestSet.all {
                // Nothing counted depends on the number of threads; it is fixed all the same.
                let plans = try ComparedPlans(set, problem, threads: 2)
                let totals = try PlanDocument(plans.fused, naive: plans.baseline).totals
                counts.benchmarks.append(
                    Entry(
                        problem: subject.name, requests: set.name, fused: PlanCounts(totals.fused),
                        baseline: PlanCounts(totals.naive)))
            }
        }
        return counts
    }

    /// A line for each count that is not the expected one, and for each benchmark that only one side has.
    func differences(from expected: BenchmarkCounts) -> [String] {
        var lines: [String] = []
        let found = Dictionary(uniqueKeysWithValues: benchmarks.map { ($0.name, $0) })
        for entry in expected.benchmarks {
            guard let own = found[entry.name] else {
                lines.append("\(entry.name): expected, and there is no such benchmark any more")
                continue
            }
            lines += own.fused.differences(from: entry.fused, "\(entry.name) fused")
            lines += own.baseline.differences(from: entry.baseline, "\(entry.name) baseline")
        }
        let known = Set(expected.benchmarks.map(\.name))
        for entry in benchmarks where !known.contains(entry.name) {
            lines.append("\(entry.name): a benchmark that the expected counts do not have")
        }
        return lines
    }
}
