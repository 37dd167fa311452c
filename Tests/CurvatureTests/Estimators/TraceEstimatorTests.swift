import Kernels
import Testing

@testable import Curvature

@Suite struct TraceEstimatorTests {
    enum Method: CaseIterable { case hutchinson, hutchPlusPlus, xtrace }

    private func estimate(
        _ method: Method, _ a: DenseMatrix, _ budget: SamplingBudget, width: Int = 4, storage: Storage = .float64,
        seed: UInt64 = 0, threads: Int = 1
    ) throws -> Estimate {
        let map = DenseMap(a, width: width, storage: storage)
        let run: () throws -> Estimate
        switch method {
        case .hutchinson:
            let estimator = try Hutchinson(map, .trace, budget: budget, seed: seed)
            run = { try estimator.run() }
        case .hutchPlusPlus:
            let estimator = try HutchPlusPlus(map, budget: budget, seed: seed)
            #expect(
                estimator.workspace.byteCount
                    == HutchPlusPlus.workspaceBytes(size: a.rows, width: width, storage: storage, budget: budget))
            run = { try estimator.run() }
        case .xtrace:
            let estimator = try XTrace(map, budget: budget, seed: seed)
            #expect(
                estimator.workspace.byteCount
                    == XTrace.workspaceBytes(size: a.rows, width: width, storage: storage, budget: budget))
            run = { try estimator.run() }
        }
        var result: Result<Estimate, any Error>?
        TaskArena(threads: threads).run { result = Result { try run() } }
        let first = try result!.get()
        #expect(first.applications == map.applications)
        // Again with the same object: the same bits.
        #expect(try run() == first)
        return first
    }

    private func rootMeanSquare(_ values: [Double]) -> Double {
        (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }

    /// Not symmetric: no method needs it to be.
    private let general = DenseMatrix(random: 30, 30, seed: 60)
    private let decaying = DenseMatrix(eigenvalues: (1...40).map { 1 / Double($0 * $0) }, seed: 61)

    @Test(arguments: [1, 3]) func signsAreExactOnDiagonals(width: Int) throws {
        let a = DenseMatrix(diagonal: [3, -1, 0, 7, 2.5])
        let one = try estimate(.hutchinson, a, .samples(1), width: width)
        #expect(one.value == 11.5 && one.standardError == .infinity && one.samples == 1)
        #expect(try estimate(.hutchinson, a, .samples(5), width: width).standardError == 0)
    }

    /// The error that is claimed is the one of theory, and the one that is made.
    @Test(arguments: [ProbeBlock.Distribution.rademacher, .gaussian])
    func hutchinsonsVariance(distribution: ProbeBlock.Distribution) throws {
        let a = DenseMatrix(eigenvalues: geometric(30, condition: 30), seed: 62)
        let squares = a.norm * a.norm - (distribution == .rademacher ? a.diagonal.reduce(0) { $0 + $1 * $1 } : 0)
        let theory = (2 * squares / 2000).squareRoot()
        let estimator = try Hutchinson(
            DenseMap(a, width: 8), .trace, budget: .samples(2000), distribution: distribution, seed: 1)
        let result = try estimator.run()
        #expect(abs(result.standardError / theory - 1) < 0.1)
        #expect(abs(result.value - a.trace) < 4 * theory)
    }

    @Test func hutchinsonsRate() throws {
        func error(_ samples: Int) throws -> Double {
            rootMeanSquare(
                try (0..<60).map {
                    try estimate(.hutchinson, general, .samples(samples), seed: $0).value - general.trace
                })
        }
        let ratio = try error(8) / error(128)
        #expect(ratio > 2.8 && ratio < 5.6)
    }

    @Test func frobeniusNorm() throws {
        let a = DenseMatrix(random: 20, 35, seed: 63)
        let estimator = try Hutchinson(
            DenseMap(a, width: 8), .squaredFrobeniusNorm, budget: .samples(3000), seed: 2)
        let result = try estimator.run()
        #expect(abs(result.value - a.norm * a.norm) < 4 * result.standardError)
        #expect(result.standardError < 0.03 * a.norm * a.norm)
    }

    @Test(arguments: Method.allCases) func widthsAndThreads(method: Method) throws {
        for budget in [SamplingBudget.samples(22), .tolerance(0.05, maximum: 120)] {
            let a = decaying
            let one = try estimate(method, a, budget, width: 1)
            let three = try estimate(method, a, budget, width: 3)
            // With a tolerance, XTrace looks at its samples at blocks' ends, and may stop elsewhere.
            if method != .xtrace || budget == .samples(22) {
                #expect(abs(one.value - three.value) < 1e-11 && one.samples == three.samples)
            }
            #expect(try estimate(method, a, budget, width: 3, threads: 2) == three)
            let single = try estimate(method, a, .samples(22), width: 3, storage: .float32)
            #expect(abs(single.value - a.trace) < 5 * single.standardError + 1e-4)
        }
    }

    @Test(arguments: [Method.hutchPlusPlus, .xtrace], [1, 3, 8]) func exactForLowRank(method: Method, width: Int) throws
    {
        let factor = DenseMatrix(random: 40, 4, seed: 64)
        let a = factor * DenseMatrix(diagonal: [2, -1, 3, 1]) * factor.transposed
        let result = try estimate(method, a, .samples(18), width: width)
        #expect(abs(result.value - a.trace) < 1e-10 * a.norm)
        #expect(result.standardError < 1e-9 * a.norm)
        let zero = try estimate(method, DenseMatrix(20, 20), .samples(18), width: width)
        #expect(zero.value == 0 && zero.standardError == 0)
    }

    /// Products enough for the whole space: no sample is left to chance.
    @Test(arguments: [Method.hutchPlusPlus, .xtrace]) func smallOperators(method: Method) throws {
        let a = DenseMatrix(random: 5, 5, seed: 65)
        #expect(abs(try estimate(method, a, .samples(30), width: 3).value - a.trace) < 3)
        let whole = try estimate(.hutchPlusPlus, a, .samples(30), width: 3)
        #expect(abs(whole.value - a.trace) < 1e-12)
        #expect(abs(try estimate(.hutchPlusPlus, DenseMatrix(1, 1, [4]), .samples(3)).value - 4) < 1e-14)
        #expect(abs(try estimate(.xtrace, DenseMatrix(1, 1, [4]), .samples(4)).value - 4) < 1e-14)
    }

    /// Without bias, with an honest error, and better than Hutchinson's for the same products.
    @Test(arguments: [Method.hutchPlusPlus, .xtrace]) func sketchesPay(method: Method) throws {
        let results = try (0..<80).map { try estimate(method, decaying, .samples(30), seed: $0) }
        let errors = results.map { $0.value - decaying.trace }
        let spread = rootMeanSquare(errors)
        #expect(abs(errors.reduce(0, +) / 80) < 4 * spread / 80.0.squareRoot())
        let claimed = rootMeanSquare(results.map(\.standardError))
        #expect(claimed / spread > 0.5 && claimed / spread < 2)
        let plain = try (0..<80).map {
            try estimate(.hutchinson, decaying, .samples(30), seed: $0).value - decaying.trace
        }
        #expect(spread < 0.25 * rootMeanSquare(plain))
    }

    @Test(arguments: Method.allCases) func tolerance(method: Method) throws {
        let loose = try estimate(method, decaying, .tolerance(0.1, maximum: 600))
        #expect(loose.converged && loose.standardError <= 0.1 * abs(loose.value) && loose.samples < 600)
        let strict = try estimate(method, decaying, .tolerance(1e-7, maximum: 24))
        #expect(!strict.converged && strict.standardError > 1e-7 * abs(strict.value))
    }

    @Test(arguments: [1, 4]) func unitVectors(width: Int) throws {
        let map = DenseMap(general, width: width)
        let units = UnitVectors(map)
        #expect(
            units.workspace.byteCount
                == UnitVectors.workspaceBytes(rows: 30, columns: 30, width: width, storage: .float64))
        #expect(abs(try units.trace().value - general.trace) < 1e-13)
        #expect(abs(try units.squaredFrobeniusNorm().value - general.norm * general.norm) < 1e-11)
        let (diagonal, whole) = (TestBlock(DenseMatrix(30, 1)), TestBlock(DenseMatrix(30, 30)))
        try units.diagonal(into: diagonal.operand)
        #expect(diagonal.matrix.values == general.diagonal)
        try units.materialize(into: whole.operand)
        #expect(whole.matrix == general)
        let wide = UnitVectors(DenseMap(DenseMatrix(random: 4, 9, seed: 66), width: width))
        let copy = TestBlock(DenseMatrix(4, 9))
        try wide.materialize(into: copy.operand)
        #expect(copy.matrix == DenseMatrix(random: 4, 9, seed: 66))
    }

    @Test func badInput() throws {
        let (square, wide) = (DenseMap(general), DenseMap(DenseMatrix(2, 3)))
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(
            message { _ = try Hutchinson(square, .trace, budget: .samples(0)) }
                == "hutchinson: expected at least 1 sample, found 0")
        #expect(
            message { _ = try Hutchinson(wide, .trace, budget: .samples(2)) }
                == "trace: expected a square operator, found one of 2 x 3")
        #expect(
            message { _ = try HutchPlusPlus(square, budget: .samples(2)) }
                == "hutchpp: expected at least 3 samples, found 2")
        #expect(
            message { _ = try XTrace(square, budget: .tolerance(0, maximum: 10)) }
                == "xtrace: expected a positive tolerance, found 0.0")
        #expect(
            message { _ = try XDiag(wide, budget: .samples(10)) }
                == "diagonal: expected a square operator, found one of 2 x 3")
        #expect(
            message { _ = try StochasticLanczosQuadrature(square, budget: .samples(1), depth: 0) }
                == "lanczos quadrature: expected a depth of at least 1, found 0")
        #expect(square.applications == 0)
    }
}
