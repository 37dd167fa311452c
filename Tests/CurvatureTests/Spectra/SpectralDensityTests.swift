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
