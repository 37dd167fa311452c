import Foundation
import Kernels

/// A picture of spectra: densities as curves, single eigenvalues or singular values as marks below them.
///
///     let plot = try SpectrumPlot(results, of: requests)
///     try plot.write(to: URL(fileURLWithPath: "spectrum.svg"))
///
/// It is what pictures of a Hessian's spectrum usually are (Ghorbani, Krishnan and Xiao, "An investigation into neural net
/// optimization via Hessian eigenvalue density", 2019): eigenvalues along the axis, densities on a logarithmic one, where a single
/// outlier among a million eigenvalues is still seen.
public struct SpectrumPlot: Equatable, Sendable {
    /// A smoothed density of eigenvalues.
    public struct Curve: Equatable, Sendable {
        /// What the legend calls it.
        public var name: String
        /// Ascending.
        public var places: [Double]
        /// One for each place.
        public var densities: [Double]
        /// A curve through these points.
        public init(name: String, places: [Double], densities: [Double]) {
            precondition(places.count == densities.count, "a density for each place")
            (self.name, self.places, self.densities) = (name, places, densities)
        }
    }
    /// Single eigenvalues or singular values.
    public struct Marks: Equatable, Sendable {
        /// What the legend calls them.
        public var name: String
        /// In any order.
        public var values: [Double]
        /// What they are, which the axis says.
        public var areSingularValues: Bool
        /// Marks at these values.
        public init(name: String, values: [Double], areSingularValues: Bool = false) {
            (self.name, self.values, self.areSingularValues) = (name, values, areSingularValues)
        }
    }
    /// How densities are drawn.
    public enum DensityAxis: String, Sendable, CaseIterable {
        /// Logarithmic where some part of a spectrum is more than ``SpectrumPlot/linearRatio`` times as dense as another.
        case automatic
        case linear
        case logarithmic
    }
    /// Up to this ratio of the highest peak to the lowest one, both are seen on a linear axis.
    public static let linearRatio = 20.0

    /// In the order of the legend.
    public var curves: [Curve]
    /// In the order of the legend, after the curves.
    public var marks: [Marks]
    /// How densities are drawn.
    public var densityAxis = DensityAxis.automatic

    /// A picture of these; of none, an empty frame.
    public init(curves: [Curve], marks: [Marks], densityAxis: DensityAxis = .automatic) {
        (self.curves, self.marks, self.densityAxis) = (curves, marks, densityAxis)
    }

    /// What there is to draw in the results of a plan for `requests`: those that are a `spectral_density`, `eigenvalues` or
    /// `singular_values` and nothing on top.
    ///
    /// - Throws: ``ProblemError`` where no request is.
    public init(_ results: Results, of requests: [Request], densityAxis: DensityAxis = .automatic) throws {
        try SpectrumPlot.check(requests)
        self.init(curves: [], marks: [], densityAxis: densityAxis)
        // In the order of the requests both, and errors come after all of them.
        for (entry, request) in zip(results.entries, requests) {
            guard let content = request.spectrum else { continue }
            let values = entry.values
            switch content {
            case .density:
                let points = values.count / 2
                curves.append(
                    Curve(
                        name: request.name, places: (0..<points).map { values[2 * $0] },
                        densities: (0..<points).map { values[2 * $0 + 1] }))
            case .eigenvalues: marks.append(Marks(name: request.name, values: values))
            case .singularValues:
                marks.append(Marks(name: request.name, values: values, areSingularValues: true))
            }
        }
    }

    /// Says before hours of work that there will be nothing to draw.
    ///
    /// - Throws: ``ProblemError`` where no request is a spectrum.
    public static func check(_ requests: [Request]) throws {
        guard requests.contains(where: { $0.spectrum != nil }) else {
            let rest = requests.count > 3 ? " and \(requests.count - 3) more" : ""
            let found = requests.prefix(3).map { OneLine.quoted($0.name) }.joined(separator: ", ") + rest
            throw ProblemError(
                .options,
                "a plot: expected a request that is a spectrum, found \(found); add spectral_density(hessian), or eigenvalues or singular_values of an operator"
            )
        }
    }

    /// Writes ``svg``. The file appears whole or not at all.
    ///
    /// - Throws: an error that names the file where it cannot be written.
    public func write(to url: URL) throws {
        var file = try AtomicFile(path: url.path)
        try file.append(Array(svg.utf8).span.bytes)
        try file.commit()
    }
}

extension Request {
    fileprivate enum Spectrum { case density, eigenvalues, singularValues }
    fileprivate var spectrum: Spectrum? {
        guard case .function(let function, _) = expression.node else { return nil }
        switch function {
        case .spectralDensity: return .density
        case .eigenvalues: return .eigenvalues
        case .singularValues: return .singularValues
        default: return nil
        }
    }
}
