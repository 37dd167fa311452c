import Testing

@testable import Curvature

/// Estimators as requests: their errors, seeds and bounds. How fast they converge is tested with the estimators themselves.
@Suite struct SamplingTests {
    private static let requests = [
        "trace(hessian, method=hutchinson, samples=400)", "trace(hessian, method=hutchpp, samples=48)",
        "trace(hessian, method=xtrace, samples=24)", "trace(hessian, method=hutchinson, samples=300, probes=gaussian)",
        "frobenius_norm(hessian, method=hutchinson, samples=400)",
        "logdet(hessian + 4 * identity, method=slq, samples=200, depth=20)",
        "trace(3 * hessian + 2 * identity, method=hutchinson, samples=400)",
    ]
    private static let exact = [
        "trace(hessian)", "trace(hessian)", "trace(hessian)", "trace(hessian)", "frobenius_norm(hessian)",
        "logdet(hessian + 4 * identity)", "trace(3 * hessian + 2 * identity)",
    ]

    @Test func valuesAreWithinTheirErrors() throws {
        let zoo = try OperatorZoo()
        let run = try evaluate(Self.requests, zoo.problem)
        let wanted = try zoo.values(Self.exact.enumerated().map { "x\($0) = \($1)" })
        for (index, request) in Self.requests.enumerated() {
            let value = run.results.entries[index].values[0]
            let error = try #require(run.results["\(request).error"]).values[0]
            #expect(error > 0 && error < 0.5 * abs(wanted[index][0]), "\(request): \(error)")
            #expect(abs(value - wanted[index][0]) <= 4 * error + 1e-12, "\(request): \(value) for \(wanted[index][0])")
        }
    }

    @Test(arguments: ["hutchinson", "xdiag"]) func diagonals(method: String) throws {
        let zoo = try OperatorZoo()
        let request = "diagonal(ggn @ diag(p) @ ggn, method=\(method), samples=24)"
        let run = try evaluate([request], zoo.problem)
        let wanted = try zoo.values(["diagonal(ggn @ diag(p) @ ggn)"])[0]
        let got = run.results.entries[0].values
        let errors = try #require(run.results["\(request).error"]).values
        #expect(errors.count == 26)
        let (norm, difference) = (
            errors.reduce(0) { $0 + $1 * $1 }.squareRoot(),
            zip(got, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        )
        #expect(difference <= 3 * norm + 1e-12 && norm < 1)
    }

    /// Neither batches nor threads nor other requests move a sample; seeds do.
    @Test func drawsDependOnTheSeedAlone() throws {
        let zoo = try OperatorZoo()
        let request = "trace(hessian, method=hutchinson, samples=7, seed=5)"
        let plain = try evaluate([request], zoo.problem).results.entries[0].values[0]
        for (batch, threads) in [(2, 1), (5, 2), (3, 2)] {
            let other = try evaluate([request, "loss"], zoo.problem, batchSize: batch, threads: threads)
            #expect(relativeError(other.results.entries[0].values, [plain]) < 1e-12)
        }
        let another = try zoo.values(["trace(hessian, method=hutchinson, samples=7, seed=6)"])[0][0]
        #expect(abs(another - plain) > 1e-6)
    }

    @Test func aToleranceEndsSampling() throws {
        let zoo = try OperatorZoo()
        let request = "trace(ggn + hessian, method=hutchinson, tolerance=0.05)"
        let run = try evaluate([request], zoo.problem)
        let value = run.results.entries[0].values[0]
        let error = try #require(run.results["\(request).error"]).values[0]
        #expect(error <= 0.05 * abs(value))
        let execution = try Execution(
            Plan(
                parseRequests(["trace(hessian, method=hutchinson, samples=9, tolerance=1e-6)"], in: zoo.problem),
                problem: zoo.problem, options: float64Options))
        _ = try execution.run()
        #expect(execution.warnings.first?.contains("above the tolerance; give more samples") == true)
    }

    @Test func densitiesHaveIntegralOne() throws {
        let zoo = try OperatorZoo()
        let values = try zoo.values(["spectral_density(hessian, samples=20, depth=26, points=400)"])[0]
        let points = (0..<400).map { (x: values[2 * $0], density: values[2 * $0 + 1]) }
        let step = points[1].x - points[0].x
        #expect(abs(points.reduce(0) { $0 + $1.density } * step - 1) < 1e-3)
        let mean = points.reduce(0) { $0 + $1.x * $1.density } * step
        let trace = try zoo.values(["trace(hessian)"])[0][0]
        #expect(abs(mean - trace / 26) < 0.2 * abs(trace / 26) + 0.02)
    }

    /// Sums of estimates: their errors are the roots of sums of squares.
    @Test func errorsOfSums() throws {
        let zoo = try OperatorZoo()
        let run = try evaluate(
            [
                "a = trace(hessian, method=hutchinson, samples=20)", "b = trace(ggn, method=hutchinson, samples=20)",
                "c = 2 * a - 3 * b", "d = trace(ggn)",
            ], zoo.problem)
        let (a, b, c) = (
            run.results["a.error"]!.values[0], run.results["b.error"]!.values[0], run.results["c.error"]!.values[0]
        )
        #expect(abs(c - (4 * a * a + 9 * b * b).squareRoot()) < 1e-12 * c)
        #expect(run.results["d.error"] == nil)
    }
}
