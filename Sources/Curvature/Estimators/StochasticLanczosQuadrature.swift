import Glibc
import Kernels

/// Traces of functions of a symmetric operator, tr f(A), and its logdet, tr log A: for each random vector w a Gauss quadrature of w^T f(A) w by Lanczos.
///
/// The error has two parts. The spread over vectors is the standard error and falls as 1 / sqrt(samples). The quadrature's own error falls geometrically with
/// the depth where f is smooth on the spectrum, and is not part of it; it is 0 where the depth reaches the number of distinct
/// eigenvalues. Memory: depth blocks.
///
/// Ubaru, Chen and Saad, "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature", 2017.
package final class StochasticLanczosQuadrature {
    private let map: any LinearMap
    private let budget: SamplingBudget
    private let distribution: ProbeBlock.Distribution
    private let seed: UInt64
    let workspace: Workspace
    private let lanczos: ColumnLanczos

    /// - Parameter depth: products for each random vector; at most the operator's size is used.
    package init(
        _ map: any LinearMap, budget: SamplingBudget, depth: Int = 30,
        distribution: ProbeBlock.Distribution = .rademacher, seed: UInt64 = 0
    ) throws {
        let task = "lanczos quadrature"
        try budget.check(for: task)
        guard depth > 0 else { throw ProblemError(.options, "\(task): expected a depth of at least 1, found \(depth)") }
        try map.requireSquare(for: task)
        (self.map, self.budget, self.distribution, self.seed) = (map, budget, distribution, seed)
        let layout = Layout(map.rows, map.width, map.storage, depth)
        workspace = Workspace(layout.whole)
        lanczos = ColumnLanczos(map, layout.lanczos, in: workspace)
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, depth: Int) -> Int {
        Layout(size, width, storage, depth).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let lanczos: ColumnLanczos.Layout

        init(_ size: Int, _ width: Int, _ storage: Storage, _ depth: Int) {
            lanczos = ColumnLanczos.Layout(
                size: size, width: width, storage: storage, depth: min(depth, size), in: &whole)
        }
    }

    /// tr f(A).
    ///
    /// - Throws: what the map and the function throw, and `CancellationError`.
    package func trace(
        monitor: IterationMonitor = .init(), of function: (Double) throws -> Double
    ) throws -> Estimate {
        var moments = SampleMoments()
        let applications = try forEachQuadrature(monitor) { quadrature in
            moments.add(try quadrature.integral(function))
            return (moments.mean, moments.standardError, moments.count)
        }
        return Estimate(
            value: moments.mean, standardError: moments.standardError, samples: moments.count,
            applications: applications,
            converged: budget.isFulfilled(value: moments.mean, error: moments.standardError))
    }

    /// log det A for positive definite A; minus infinity where a Ritz value is 0, to the rounding of the largest.
    ///
    /// - Throws: what the map throws, `CancellationError`, and an error where a Ritz value is negative.
    package func logarithmOfDeterminant(monitor: IterationMonitor = .init()) throws -> Estimate {
        let rounding = map.storage == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
        var moments = SampleMoments()
        var isSingular = false
        let applications = try forEachQuadrature(monitor) { quadrature in
            let largest = quadrature.nodes.map(abs).max() ?? 0
            moments.add(
                try quadrature.integral { node in
                    if node > 16 * rounding * largest { return log(node) }
                    guard node >= -16 * rounding * largest else {
                        throw ProblemError(
                            .options,
                            "logdet: expected a positive definite operator, found one with the Ritz value \(NumberText.short(node)); "
                                + "add a multiple of identity")
                    }
                    isSingular = true
                    return 0
                })
            return (moments.mean, moments.standardError, moments.count)
        }
        if isSingular {
            return Estimate(
                value: -.infinity, standardError: 0, samples: moments.count, applications: applications, converged: true
            )
        }
        return Estimate(
            value: moments.mean, standardError: moments.standardError, samples: moments.count,
            applications: applications,
            converged: budget.isFulfilled(value: moments.mean, error: moments.standardError))
    }

    /// The quadratures of all samples.
    func quadratures(monitor: IterationMonitor = .init()) throws -> ([LanczosQuadrature], applications: Int) {
        var all: [LanczosQuadrature] = []
        let applications = try forEachQuadrature(monitor) { quadrature in
            all.append(quadrature)
            return (1, .infinity, all.count)
        }
        return (all, applications)
    }

    private func forEachQuadrature(
        _ monitor: IterationMonitor, _ body: (LanczosQuadrature) throws -> (value: Double, error: Double, samples: Int)
    ) throws -> Int {
        var (samples, applications) = (0, 0)
        var relative = Double.infinity
        while samples < budget.maximum {
            ProbeBlock.fill(
                lanczos.start, distribution, seed: seed, purpose: ProbePurpose.probe.rawValue, first: samples)
            let count = min(map.width, budget.maximum - samples)
            let quadratures = try lanczos.run(count: count) {
                applications += 1
                try monitor.report(applications, relative)
            }
            for quadrature in quadratures {
                let state = try body(quadrature)
                samples = state.samples
                relative = state.error / abs(state.value)
                if budget.isMet(value: state.value, error: state.error, samples: samples) { return applications }
            }
        }
        return applications
    }
}
