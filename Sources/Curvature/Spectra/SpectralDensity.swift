import Glibc
import Kernels

/// A smoothed density of eigenvalues, of integral 1.
package struct SpectralDensity: Equatable, Sendable {
    package var grid: [Double]
    package var density: [Double]
    /// Of the density, from the spread over random vectors.
    package var standardError: [Double]
    /// The standard deviation of the normal distribution that each eigenvalue is smeared to.
    package var width: Double
    package var applications: Int
}

/// The spectral density by stochastic Lanczos quadrature: every random vector gives a weighted sum of peaks at its Ritz values;
/// peaks become normal distributions, and vectors are averaged.
///
/// Lin, Saad and Yang, "Approximating spectral densities of large matrices", 2016.
package final class SpectralDensityEstimator {
    package struct Options: Equatable, Sendable {
        package var samples: Int
        /// Products for each random vector.
        package var depth: Int
        package var points: Int
        /// Where the grid begins and ends; nil: somewhat outside of the Ritz values.
        package var range: ClosedRange<Double>?
        /// Of the peaks; nil: as wide as the Ritz values lie apart where most eigenvalues are.
        package var width: Double?
        package var seed: UInt64

        package init(
            samples: Int = 10, depth: Int = 30, points: Int = 1024, range: ClosedRange<Double>? = nil,
            width: Double? = nil,
            seed: UInt64 = 0
        ) {
            (self.samples, self.depth, self.points) = (samples, depth, points)
            (self.range, self.width, self.seed) = (range, width, seed)
        }
    }

    private let size: Int
    private let options: Options
    private let quadrature: StochasticLanczosQuadrature

    package init(_ map: any LinearMap, options: Options = .init()) throws {
        guard options.points > 1 else {
            throw ProblemError(.options, "spectral_density: expected at least 2 points, found \(options.points)")
        }
        if let width = options.width { try requirePositive(width, "width", for: "spectral_density") }
        if let range = options.range, !(range.lowerBound < range.upperBound) {
            throw ProblemError(
                .options, "spectral_density: expected a range, found the single point \(range.lowerBound)")
        }
        size = map.rows
        self.options = options
        quadrature = try StochasticLanczosQuadrature(
            map, budget: .samples(options.samples), depth: options.depth, seed: options.seed)
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage, depth: Int) -> Int {
        StochasticLanczosQuadrature.workspaceBytes(size: size, width: width, storage: storage, depth: depth)
    }

    /// - Throws: what the map throws, and `CancellationError`.
    package func run(monitor: IterationMonitor = .init()) throws -> SpectralDensity {
        let (quadratures, applications) = try quadrature.quadratures(monitor: monitor)
        let range = options.range ?? SpectralDensityEstimator.range(of: quadratures, width: options.width)
        let step = (range.upperBound - range.lowerBound) / Double(options.points - 1)
        let width =
            options.width
            ?? SpectralDensityEstimator.width(of: quadratures, extent: range.upperBound - range.lowerBound, step: step)
        let grid = (0..<options.points).map { range.lowerBound + step * Double($0) }
        let height = 1 / (width * (2 * Double.pi).squareRoot())
        var (density, errors) = ([Double](), [Double]())
        for point in grid {
            var moments = SampleMoments()
            for quadrature in quadratures {
                let total = quadrature.weights.reduce(0, +)
                let sum = quadrature.integral { node in
                    let distance = (point - node) / width
                    return height * exp(-distance * distance / 2)
                }
                moments.add(total > 0 ? sum / total : 0)
            }
            density.append(moments.mean)
            errors.append(moments.standardError)
        }
        return SpectralDensity(
            grid: grid, density: density, standardError: errors, width: width, applications: applications)
    }

    /// The weighted median of the distances between neighbouring Ritz values: what `depth` products tell apart where most eigenvalues are. A
    /// part of the range would not do: a few outliers stretch that without end.
    ///
    /// A hundredth of the grid at most, which is what is left where there is one Ritz value alone, or where the spectrum lies in a few points far apart. And one step of the
    /// grid at least: narrower peaks would fall between its points.
    private static func width(of quadratures: [LanczosQuadrature], extent: Double, step: Double) -> Double {
        var spacings: [(distance: Double, weight: Double)] = []
        for quadrature in quadratures where quadrature.nodes.count > 1 {
            // What a vector does not see is no eigenvalue.
            let total = quadrature.weights.reduce(0, +)
            let (nodes, last) = (quadrature.nodes, quadrature.nodes.count - 1)
            for (index, weight) in quadrature.weights.enumerated() where weight > 0 {
                let (before, after) = (max(index - 1, 0), min(index + 1, last))
                spacings.append(((nodes[after] - nodes[before]) / Double(after - before), weight / total))
            }
        }
        spacings.sort { $0.distance < $1.distance }
        let half = spacings.reduce(0) { $0 + $1.weight } / 2
        var sum = 0.0
        let median = spacings.first {
            sum += $0.weight
            return sum >= half
        }
        return min(extent / 100, max(median?.distance ?? .infinity, step))
    }

    /// Five widths beyond the extreme Ritz values, so that no peak is cut.
    private static func range(of quadratures: [LanczosQuadrature], width: Double?) -> ClosedRange<Double> {
        let least = quadratures.compactMap(\.nodes.first).min() ?? 0
        let greatest = quadratures.compactMap(\.nodes.last).max() ?? 0
        let extent = greatest - least
        // By default a width is at most a hundredth of the grid, so that five are a twentieth: extent + 2 margin = 20 margin.
        let usual = extent > 1e-12 * max(abs(least), abs(greatest)) ? extent / 18 : max(abs(least), 1)
        let margin = width.map { 5 * $0 } ?? usual
        return least - margin...greatest + margin
    }
}
