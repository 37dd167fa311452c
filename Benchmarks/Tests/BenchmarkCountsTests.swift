import Curvature
import Foundation
import Testing

/// What every benchmark's plans are expected to do, against the counts on record; never times.
@Suite struct BenchmarkCountsTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("counts.json")

    private func recorded() throws -> BenchmarkCounts {
        try JSONDecoder().decode(BenchmarkCounts.self, from: Data(contentsOf: Self.file))
    }

    @Test func countsAreThoseOnRecord() throws {
        let differences = try BenchmarkCounts.predicted().differences(from: recorded())
        #expect(
            differences.isEmpty,
            "if that is meant, record them anew with make record-bench-counts: \(differences.joined(separator: "; "))")
    }

    /// The comparison itself bites: on a changed count, a benchmark too few and one too many.
    @Test func differencesAreFound() throws {
        let expected = try recorded()
        var found = expected
        #expect(found.differences(from: expected).isEmpty)
        found.benchmarks[0].fused.matmulFlops += 2
        let moved = found.benchmarks.remove(at: 1)
        var renamed = moved
        renamed.problem = "other"
        found.benchmarks.append(renamed)
        let (first, count) = (expected.benchmarks[0].name, expected.benchmarks[0].fused.matmulFlops)
        #expect(
            found.differences(from: expected) == [
                "\(first) fused matmul_flops: expected \(count), found \(count + 2)",
                "\(moved.name): expected, and there is no such benchmark any more",
                "\(renamed.name): a benchmark that the expected counts do not have",
            ])
    }

    /// What the paper's open question asks for: the five requests cost one forward sweep, and one pass where there were five.
    @Test func theFullSetPassesOnce() throws {
        let sets = try recorded().benchmarks.filter { $0.requests == "full-set" }
        #expect(sets.count == BenchmarkProblem.all.count)
        for entry in sets {
            #expect(entry.fused.dataPasses == 1 && entry.fused.forwardSweeps == 1, "\(entry.name)")
            #expect(entry.baseline.dataPasses == 5 && entry.baseline.forwardSweeps == 5, "\(entry.name)")
        }
    }
}
