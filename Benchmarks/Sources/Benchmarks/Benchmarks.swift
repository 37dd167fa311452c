import ArgumentParser
import Curvature
import Foundation

@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Requests compiled together, measured beside the same requests with nothing shared.")

    @Option(help: "Only benchmarks whose name, problem/requests, contains this.")
    var filter: String?

    @Option(help: "Pairs of alternating runs, 7 or more unless --quick.")
    var pairs = 7

    @Option(help: "Threads; one for each processor unless given.")
    var threads: Int?

    @Flag(help: "An eighth of the examples and three pairs: whether it works, not how fast.")
    var quick = false

    @Option(help: "Write the measurements to this file.")
    var json: String?

    @Option(help: "Write a bar chart to this file.")
    var svg: String?

    @Flag(help: "Print what is predicted of every benchmark, as JSON; run nothing.")
    var counts = false

    @Option(help: "With --counts: compare with this file, and fail with every difference.")
    var expected: String?

    func validate() throws {
        guard pairs >= 7 || quick else {
            throw ValidationError("--pairs: expected 7 or more, found \(pairs); fewer say nothing about the spread")
        }
        guard threads ?? 1 >= 1 else {
            throw ValidationError("--threads: expected a whole number from 1, found \(threads!)")
        }
        guard expected == nil || counts else { throw ValidationError("--expected: only with --counts") }
    }

    func run() throws {
        if counts { try compareCounts() } else { try measure() }
    }

    private func compareCounts() throws {
        let found = try BenchmarkCounts.predicted()
        guard let expected else {
            print(String(decoding: try found.publishedJSON, as: UTF8.self), terminator: "")
            return
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: expected))
        let differences = try found.differences(from: JSONDecoder().decode(BenchmarkCounts.self, from: data))
        guard differences.isEmpty else {
            for line in differences { print(line) }
            throw BenchmarkFailure(
                "\(differences.count) counts are not those of \(expected); if that is meant, record them anew")
        }
        print("\(found.benchmarks.count) benchmarks count as \(expected) says")
    }

    private func measure() throws {
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        let pairs = quick ? min(pairs, 3) : pairs
        var report = Report(threads: threads)
        for subject in BenchmarkProblem.all {
            let sets = RequestSet.all.filter { isWanted("\(subject.name)/\($0.name)") }
            if sets.isEmpty { continue }
            let problem = try subject.make(isQuick: quick)
            for set in sets {
                let measurement = try Measurement(subject, set, problem, threads: threads, pairs: pairs)
                report.measurements.append(measurement)
                FileHandle.standardError.write(
                    Data("\(measurement.name): \(Table.number(measurement.timeRatio.median, 2))\n".utf8))
            }
        }
        for (subject, comparison) in CostComparison.all where isWanted("\(subject.name)/\(comparison.name)") {
            let problem = try subject.make(isQuick: quick)
            report.costs.append(try comparison.run(subject, problem, threads: threads, pairs: pairs))
        }
        if isWanted("mlp/products") {
            let problem = try BenchmarkProblem.perceptron.make(isQuick: quick)
            for count in Set([1, threads]).sorted() {
                report.products.append(try MatrixProductComparison.run(problem, threads: count, pairs: pairs))
            }
        }
        guard !report.measurements.isEmpty || !report.costs.isEmpty || !report.products.isEmpty else {
            throw BenchmarkFailure("--filter: no benchmark's name contains '\(filter ?? "")'")
        }
        print(Table(report.measurements).text)
        print("\n" + Table.legend)
        for cost in report.costs { print(cost.text) }
        for product in report.products { print(product.text) }
        if let json { try report.publishedJSON.write(to: URL(fileURLWithPath: json), options: .atomic) }
        if let svg {
            try Data(BarChart(report.measurements).svg.utf8).write(to: URL(fileURLWithPath: svg), options: .atomic)
        }
    }

    private func isWanted(_ name: String) -> Bool { filter.map { name.contains($0) } ?? true }
}
