import Kernels
import Testing

@testable import Curvature

@Suite struct DiagonalEstimatorTests {
    enum Method: CaseIterable { case hutchinson, xdiag }

    private struct Outcome: Equatable {
        let diagonal: [Double]
        let errors: [Double]
        let estimate: DiagonalEstimate
    }

    private func estimate(
        _ method: Method, _ a: DenseMatrix, _ budget: SamplingBudget, width: Int = 4, storage: Storage = .float64,
        seed: UInt64 = 0, threads: Int = 1
    ) throws -> Outcome {
        let map = DenseMap(a, width: width, storage: storage)
        let transpose = DenseMap(a.transposed, width: width, storage: storage)
        let (diagonal, errors) = (TestBlock(DenseMatrix(a.rows, 1)), TestBlock(DenseMatrix(a.rows, 1)))
        let run: () throws -> DiagonalEstimate
        switch method {
        case .hutchinson:
            let estimator = try HutchinsonDiagonal(map, budget: budget, seed: seed)
            #expect(
                estimator.workspace.byteCount
                    == HutchinsonDiagonal.workspaceBytes(size: a.rows, width: width, storage: storage))
            run = { try estimator.run(into: diagonal.operand, standardErrors: errors.operand) }
        case .xdiag:
            let estimator = try XDiag(map, transpose: transpose, budget: budget, seed: seed)
            #expect(
                estimator.workspace.byteCount
                    == XDiag.workspaceBytes(size: a.rows, width: width, storage: storage, budget: budget))
            run = { try estimator.run(into: diagonal.operand, standardErrors: errors.operand) }
        }
        var result: Result<DiagonalEstimate, any Error>?
        TaskArena(threads: threads).run { result = Result { try run() } }
        let outcome = Outcome(
            diagonal: diagonal.matrix.values, errors: errors.matrix.values, estimate: try result!.get())
        #expect(outcome.estimate.applications == map.applications + transpose.applications)
        return outcome
    }

    private func distance(_ x: [Double], _ y: [Double]) -> Double {
        zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    private let decaying = DenseMatrix(eigenvalues: (1...40).map { 1 / Double($0 * $0) }, seed: 70)

    @Test func signsAreExactOnDiagonals() throws {
        let result = try estimate(.hutchinson, DenseMatrix(diagonal: [3, -1, 0, 7]), .samples(2), width: 3)
        #expect(result.diagonal == [3, -1, 0, 7] && result.errors == [0, 0, 0, 0])
        #expect(result.estimate.relativeError == 0)
    }

    /// Each element within its own error, and the errors those of theory.
    @Test func hutchinsonsVariance() throws {
        let a = DenseMatrix(random: 25, 25, seed: 71)
        let result = try estimate(.hutchinson, a, .samples(2000), width: 8)
        for i in 0..<25 {
            let theory = ((0..<25).reduce(0) { $0 + ($1 == i ? 0 : a[i, $1] * a[i, $1]) } / 2000).squareRoot()
            #expect(abs(result.errors[i] / theory - 1) < 0.15)
            #expect(abs(result.diagonal[i] - a[i, i]) < 4.5 * theory)
        }
        let norm = distance(result.diagonal, Array(repeating: 0, count: 25))
        #expect(
            abs(result.estimate.relativeError - distance(result.errors, Array(repeating: 0, count: 25)) / norm) < 1e-10)
    }

    @Test(arguments: [1, 3, 8]) func exactForLowRank(width: Int) throws {
        let a = DenseMatrix(random: 40, 4, seed: 72) * DenseMatrix(random: 4, 40, seed: 73)
        let result = try estimate(.xdiag, a, .samples(14), width: width)
        #expect(distance(result.diagonal, a.diagonal) < 1e-10 * a.norm)
        #expect(result.estimate.relativeError < 1e-6)
    }

    @Test func xdiagIsUnbiasedAndBetter() throws {
        var mean = [Double](repeating: 0, count: 40)
        var (own, plain, claimed) = (0.0, 0.0, 0.0)
        for seed in 0..<60 {
            let result = try estimate(.xdiag, decaying, .samples(30), seed: UInt64(seed))
            for i in 0..<40 { mean[i] += result.diagonal[i] / 60 }
            let error = distance(result.diagonal, decaying.diagonal)
            own += error * error / 60
            let claim = distance(result.errors, Array(repeating: 0, count: 40))
            claimed += claim * claim / 60
            let other = distance(
                try estimate(.hutchinson, decaying, .samples(30), seed: UInt64(seed)).diagonal, decaying.diagonal)
            plain += other * other / 60
        }
        // The mean of 60 has a sixtieth of the variance.
        #expect(distance(mean, decaying.diagonal) < 2 * (own / 60).squareRoot())
        #expect(own.squareRoot() < 0.3 * plain.squareRoot())
        #expect((claimed / own).squareRoot() > 0.5 && (claimed / own).squareRoot() < 2)
    }

    @Test(arguments: Method.allCases) func widthsThreadsAndPrecisions(method: Method) throws {
        let a = DenseMatrix(random: 30, 30, seed: 74)
        let one = try estimate(method, a, .samples(22), width: 1)
        let three = try estimate(method, a, .samples(22), width: 3)
        #expect(distance(one.diagonal, three.diagonal) < 1e-10 && one.estimate.samples == three.estimate.samples)
        #expect(try estimate(method, a, .samples(22), width: 3, threads: 2) == three)
        let single = try estimate(method, a, .samples(22), width: 3, storage: .float32)
        #expect(distance(single.diagonal, three.diagonal) < 1e-3)
    }

    @Test(arguments: Method.allCases) func tolerance(method: Method) throws {
        let loose = try estimate(method, decaying, .tolerance(0.2, maximum: 4000))
        #expect(loose.estimate.converged && loose.estimate.relativeError <= 0.2 && loose.estimate.samples < 4000)
        #expect(
            distance(loose.diagonal, decaying.diagonal) < 0.5
                * distance(decaying.diagonal, Array(repeating: 0, count: 40)))
        #expect(!(try estimate(method, decaying, .tolerance(1e-7, maximum: 20)).estimate.converged))
    }
}
