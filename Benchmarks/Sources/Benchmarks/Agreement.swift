import Curvature

/// What a benchmark checks before it measures anything: a plan that computes something else is not faster.
enum Agreement {
    /// In float32, between two orders of the same sums.
    static let tolerance = 1e-4

    /// The largest relative error of a request's value, in the Euclidean norm.
    ///
    /// - Throws: ``BenchmarkFailure`` if it is not below the tolerance.
    static func check(
        _ fused: [(request: String, values: [Double])], _ baseline: [(request: String, values: [Double])],
        of name: String
    ) throws -> Double {
        var worst = 0.0
        for ((request, a), (_, b)) in zip(fused, baseline) {
            let scale = b.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let distance = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            let error = distance / scale
            guard a.count == b.count, scale > 0, error < tolerance else {
                throw BenchmarkFailure(
                    "\(name): '\(request)' should agree with its baseline to \(tolerance), the relative error is \(error); the plan is wrong, and times would mean nothing"
                )
            }
            worst = max(worst, error)
        }
        return worst
    }

    /// - Throws: ``BenchmarkFailure`` if the run did other work than the plan foretold.
    static func checkWork(_ measurement: RunMeasurement, _ plan: Plan, of name: String) throws {
        guard measurement.matmulFlops == plan.matmulFlops else {
            throw BenchmarkFailure(
                "\(name): expected \(plan.matmulFlops) matmul flops as predicted, the run counted \(measurement.matmulFlops); the cost model is wrong, or a solver stopped early"
            )
        }
    }
}

/// A benchmark whose result cannot be used.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
