import Glibc
import Kernels
import Testing

@testable import Curvature

@Suite struct SpectralDensityTests {
    private let spectrum: [Double] = {
        let bulk: [Double] = (0..<35).map { Double($0) / 40 }
        return bulk + [3, 3.1, 5, -2, -1]
    }()

    private func smoothed(_ point: Double, _ width: Double) -> Double {
        spectrum.reduce(0) { sum, value in
            let z = (point - value) / width
            return sum + exp(-z * z / 2) / (width * (2 * Double.pi).squareRoot()) / Double(spectrum.count)
        }
    }

    /// At full depth the only error is the vectors': most of the grid is within three of the errors that are claimed.
    @Test(arguments: [Storage.float64, .float32]) func agreesWithTheSpectrum(storage: Storage) throws {
        let a = DenseMatrix(reflected: spectrum, seed: 110)
        let estimator = try SpectralDensityEstimator(
            DenseMap(a, width: 8, storage: storage), options: .init(samples: 64, depth: 40, points: 200, width: 0.2))
        let result = try estimator.run()
        let step = result.grid[1] - result.grid[0]
        #expect(abs(result.density.reduce(0, +) * step - 1) < 1e-3)
        #expect(result.grid.first! < -2 && result.grid.last! > 5)
        let far = result.grid.indices.count {
            abs(result.density[$0] - smoothed(result.grid[$0], 0.2)) > 3 * result.standardError[$0] + 1e-6
        }
        #expect(far < 10)
        let most = result.density.max()!
        #expect(result.standardError.max()! < 0.2 * most && result.standardError.max()! > 0)
    }

    @Test func oneEigenvalue() throws {
        let result = try SpectralDensityEstimator(
            DenseMap(DenseMatrix(diagonal: [2, 2, 2])), options: .init(samples: 3, points: 101)
        ).run()
        let peak = result.density.indices.max { result.density[$0] < result.density[$1] }!
        #expect(abs(result.grid[peak] - 2) < result.width / 2)
        #expect(result.standardError.allSatisfy { $0 < 1e-12 })
    }

    @Test func gridThatWasAskedFor() throws {
        let a = DenseMatrix(reflected: spectrum, seed: 111)
        let options = SpectralDensityEstimator.Options(samples: 2, depth: 5, points: 3, range: 0...1, width: 0.1)
        let result = try SpectralDensityEstimator(DenseMap(a), options: options).run()
        #expect(result.grid == [0, 0.5, 1] && result.width == 0.1 && result.applications == 10)
        #expect(
            message(range: 1...1) == "spectral_density: expected a range, found the single point 1.0")
    }

    private func message(range: ClosedRange<Double>) -> String {
        do {
            _ = try SpectralDensityEstimator(DenseMap(DenseMatrix(1, 1)), options: .init(range: range))
        } catch { return "\(error)" }
        return ""
    }
}

/// The width that peaks have where nobody says one.
@Suite struct DensityWidthTests {
    private func density(_ spectrum: [Double], points: Int = 1024, depth: Int = 30) throws -> SpectralDensity {
        try SpectralDensityEstimator(
            DenseMap(DenseMatrix(diagonal: spectrum), width: 5), options: .init(depth: depth, points: points)
        ).run()
    }
    private func mean(_ result: SpectralDensity, _ range: ClosedRange<Double>) -> Double {
        let inside = result.grid.indices.filter { range.contains(result.grid[$0]) }
        return inside.reduce(0) { $0 + result.density[$1] } / Double(inside.count)
    }
    /// 390 eigenvalues, evenly, and ten far out.
    private let outliers = (0..<10).map { 50 + Double($0) }

    /// A part of the range would be 0.7 here, and the bulk a bump that is three times as wide as it is.
    @Test func outliersDoNotWidenTheBulk() throws {
        let bulk = (0..<390).map { (Double($0) + 0.5) / 390 }
        let result = try density(bulk + outliers)
        #expect(result.width < 0.1)
        #expect(abs(mean(result, 0.25...0.75) - 0.975) < 0.1)
        #expect(mean(result, 1.4...3) < 0.005 && mean(result, -3 ... -0.4) < 0.005)
        let step = result.grid[1] - result.grid[0]
        #expect(result.width >= step)
        #expect(abs(result.density.reduce(0, +) * step - 1) < 1e-3)
        // Each outlier is one in 400.
        let beyond = result.grid.indices.filter { result.grid[$0] > 25 }.reduce(0) { $0 + result.density[$1] } * step
        #expect(abs(beyond - 0.025) < 1e-3)
    }

    /// With a grid that is fine enough, the shape within the bulk is there too.
    @Test func aGapInTheBulkIsSeen() throws {
        let half: [Double] = (0..<195).map { Double($0) / 195 * 0.35 }
        let bulk = half + half.map { $0 + 0.65 }
        let result = try density(bulk + outliers, points: 16384, depth: 60)
        #expect(result.width < 0.06)
        let (left, gap, right) = (mean(result, 0.1...0.25), mean(result, 0.47...0.53), mean(result, 0.75...0.9))
        #expect(gap < 0.1 * min(left, right))
        #expect(abs(left - right) < 0.2 * right)
    }

    /// Distances that are most of the range say nothing, nor does a single Ritz value.
    @Test(arguments: [[0, 0, 0, 1], [3, 3, 3], [-1, 2, 5, 5]]) func fewEigenvalues(_ spectrum: [Double]) throws {
        let result = try density(spectrum)
        let extent = result.grid.last! - result.grid[0]
        #expect(abs(result.width - extent / 100) < 1e-12 * extent)
    }

    @Test func aWidthThatIsGivenStays() throws {
        let options = SpectralDensityEstimator.Options(width: 0.3)
        let result = try SpectralDensityEstimator(DenseMap(DenseMatrix(diagonal: [0, 1, 9])), options: options).run()
        #expect(result.width == 0.3)
    }
}
