import Kernels
import Testing

@testable import Curvature

@Suite struct EigenvalueTests {
    private struct Outcome: Equatable {
        let pairs: Eigenpairs
        let vectors: DenseMatrix
    }

    private func lanczos(
        _ a: DenseMatrix, _ options: ThickRestartLanczos.Options, width: Int = 1, storage: Storage = .float64,
        threads: Int = 1
    ) throws -> Outcome {
        let map = DenseMap(a, width: width, storage: storage)
        let solver = try ThickRestartLanczos(map, options: options)
        #expect(
            solver.workspace.byteCount
                == ThickRestartLanczos.workspaceBytes(size: a.rows, width: width, storage: storage, options: options))
        let vectors = TestBlock(DenseMatrix(a.rows, options.count))
        var result: Result<Eigenpairs, any Error>?
        TaskArena(threads: threads).run { result = Result { try solver.run(vectors: vectors.operand) } }
        let pairs = try result!.get()
        #expect(pairs.applications == map.applications)
        return Outcome(pairs: pairs, vectors: vectors.matrix)
    }

    /// Values, residuals and orthonormality of what came out, against the matrix and its known spectrum.
    private func check(
        _ outcome: Outcome, _ a: DenseMatrix, _ spectrum: [Double], _ end: SpectrumEnd, tolerance: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let count = outcome.pairs.values.count
        let wanted = end.order(spectrum).prefix(count).map { spectrum[$0] }
        let size = spectrum.map(abs).max()!
        for i in 0..<count {
            #expect(abs(outcome.pairs.values[i] - wanted[i]) <= tolerance * size, sourceLocation: sourceLocation)
        }
        let v = outcome.vectors
        let residuals = a * v - v * DenseMatrix(diagonal: outcome.pairs.values)
        for i in 0..<count {
            let norm = residuals.column(i).reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(norm <= 30 * tolerance * size, sourceLocation: sourceLocation)
            #expect(abs(norm - outcome.pairs.residuals[i]) <= tolerance * size, sourceLocation: sourceLocation)
        }
        let identity = DenseMatrix(diagonal: Array(repeating: 1, count: count))
        #expect((v.transposed * v - identity).norm < 10 * tolerance, sourceLocation: sourceLocation)
        #expect(outcome.pairs.converged.allSatisfy { $0 }, sourceLocation: sourceLocation)
    }

    /// Outliers on both ends and a bulk, as Hessians have it.
    private let spectrum: [Double] = {
        let bulk: [Double] = (0..<270).map { Double($0) / 300 - 0.3 }
        let second: [Double] = (0..<21).map { 1 + 0.02 * Double($0) }
        let positive: [Double] = [9, 7, 5.5, 4, 3.1, 2.4]
        return bulk + second + positive + [-6, -4.5, -2]
    }()

    @Test(arguments: SpectrumEnd.allCases, [1, 3, 8]) func ends(end: SpectrumEnd, width: Int) throws {
        let a = DenseMatrix(reflected: spectrum, seed: 90)
        let options = ThickRestartLanczos.Options(count: 6, end: end, tolerance: 1e-8)
        check(try lanczos(a, options, width: width), a, spectrum, end, tolerance: 1e-8)
    }

    @Test(arguments: [false, true], [1, 3]) func singlePrecision(float64Basis: Bool, width: Int) throws {
        let a = DenseMatrix(reflected: spectrum, seed: 91)
        let options = ThickRestartLanczos.Options(count: 5, float64Basis: float64Basis)
        check(
            try lanczos(a, options, width: width, storage: .float32), a, spectrum, .largestMagnitude, tolerance: 3e-6)
    }

    /// Restarts are needed where the wanted end is crowded.
    @Test(arguments: [1, 4]) func crowdedEnd(width: Int) throws {
        let values = (0..<300).map { 1 / (1 + 0.05 * Double($0)) }
        let a = DenseMatrix(reflected: values, seed: 92)
        let result = try lanczos(a, .init(count: 4, end: .smallest, tolerance: 1e-7), width: width)
        check(result, a, values, .smallest, tolerance: 1e-6)
        #expect(result.pairs.restarts > 0)
    }

    @Test func repeatedEigenvalues() throws {
        let bulk: [Double] = (0..<293).map { Double($0) / 1000 }
        let values = [8, 8, 8, 5, 5, 2, 1] + bulk
        let a = DenseMatrix(reflected: values, seed: 93)
        check(
            try lanczos(a, .init(count: 7, tolerance: 1e-8), width: 3), a, values, .largestMagnitude, tolerance: 1e-8)
    }

    /// The Krylov space is exhausted long before the basis is full.
    @Test(arguments: [1, 3]) func lowRank(width: Int) throws {
        let values: [Double] = [4, -3, 2] + [Double](repeating: 0, count: 297)
        let a = DenseMatrix(reflected: values, seed: 94)
        check(
            try lanczos(a, .init(count: 6, tolerance: 1e-8), width: width), a, values, .largestMagnitude,
            tolerance: 1e-8)
        let zero = try lanczos(DenseMatrix(300, 300), .init(count: 2), width: width)
        #expect(zero.pairs.values == [0, 0] && zero.pairs.converged == [true, true])
        let scaled = DenseMatrix(diagonal: Array(repeating: 2, count: 300))
        check(
            try lanczos(scaled, .init(count: 3), width: width), scaled, Array(repeating: 2, count: 300), .largest,
            tolerance: 1e-12)
    }

    @Test func sameBits() throws {
        let a = DenseMatrix(reflected: spectrum, seed: 95)
        let options = ThickRestartLanczos.Options(count: 4, seed: 3)
        #expect(try lanczos(a, options, width: 3, threads: 1) == lanczos(a, options, width: 3, threads: 2))
    }

    @Test func unfinishedIsSaid() throws {
        let values = (0..<300).map { Double($0) / 300 }
        let a = DenseMatrix(reflected: values, seed: 96)
        let result = try lanczos(a, .init(count: 6, tolerance: 1e-10, maximumRestarts: 0))
        #expect(result.pairs.converged.contains(false) && result.pairs.restarts == 0)
        for i in 0..<6 where !result.pairs.converged[i] { #expect(result.pairs.residuals[i] > 1e-10) }
    }

    @Test(arguments: SpectrumEnd.allCases, [1, 4]) func smallOperators(end: SpectrumEnd, width: Int) throws {
        let values = [3.0, -5, 0, 0, 1e-3, 2, 2]
        let a = DenseMatrix(eigenvalues: values, seed: 97)
        for storage in [Storage.float64, .float32] {
            for count in [1, 7] {
                let solver = try Eigenvalues(
                    DenseMap(a, width: width, storage: storage), options: .init(count: count, end: end))
                #expect(solver.isDense)
                let vectors = TestBlock(DenseMatrix(7, count))
                let pairs = try solver.run(vectors: vectors.operand)
                check(
                    Outcome(pairs: pairs, vectors: vectors.matrix), a, values, end,
                    tolerance: storage == .float32 ? 1e-6 : 1e-13)
            }
        }
        let one = try Eigenvalues(DenseMap(DenseMatrix(1, 1, [-4]), width: width), options: .init(count: 1, end: end))
            .run()
        #expect(one.values == [-4] && one.residuals == [0])
        #expect(!(try Eigenvalues(DenseMap(DenseMatrix(400, 400)), options: .init(count: 2)).isDense))
    }

    @Test(arguments: [(9, 5), (5, 9), (1, 4)]) func singularValuesOfSmallOperators(shape: (Int, Int)) throws {
        let least = min(shape.0, shape.1)
        let s = (0..<least).map { pow2(-2 * Double($0)) }
        let a = DenseMatrix(singular: s, rows: shape.0, columns: shape.1, seed: 98)
        let solver = try SingularValues(
            DenseMap(a, width: 2), transpose: DenseMap(a.transposed, width: 2), count: least)
        #expect(solver.isDense)
        for (got, want) in zip(try solver.run().values, s) { #expect(abs(got - want) < 1e-14) }
    }

    @Test(arguments: [(320, 300), (300, 320)], [1, 3]) func singularValues(shape: (Int, Int), width: Int) throws {
        let bulk: [Double] = (0..<295).map { Double($0) / 300 }
        let s = [9, 5, 4.9, 2, 1.5] + bulk
        let a = DenseMatrix(singular: s, rows: shape.0, columns: shape.1, seed: 99)
        let solver = try SingularValues(
            DenseMap(a, width: width), transpose: DenseMap(a.transposed, width: width), count: 5, tolerance: 1e-8)
        #expect(!solver.isDense)
        let pairs = try solver.run()
        #expect(pairs.converged.allSatisfy { $0 })
        for (got, want) in zip(pairs.values, s) { #expect(abs(got - want) < 1e-8) }
    }

    private func pow2(_ exponent: Double) -> Double { (0..<Int(-exponent)).reduce(1) { value, _ in value / 2 } }

    @Test func badInput() throws {
        let (map, wide) = (DenseMap(DenseMatrix(random: 3, 3, seed: 100)), DenseMap(DenseMatrix(2, 3)))
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(
            message { _ = try Eigenvalues(map, options: .init(count: 4)) }
                == "eigenvalues: expected a count from 1 to 3, the operator's size, found 4")
        #expect(
            message { _ = try Eigenvalues(wide, options: .init(count: 1)) }
                == "eigenvalues: expected a square operator, found one of 2 x 3")
        #expect(
            message { _ = try Eigenvalues(map, options: .init(count: 1, tolerance: -1)) }
                == "eigenvalues: expected a positive tolerance, found -1.0")
        #expect(
            message { _ = try SingularValues(wide, transpose: DenseMap(DenseMatrix(3, 2)), count: 3) }
                == "singular_values: expected a count from 1 to 2, the operator's smaller side, found 3")
        #expect(
            message { _ = try SpectralDensityEstimator(map, options: .init(points: 1)) }
                == "spectral_density: expected at least 2 points, found 1")
        #expect(
            message { _ = try SpectralDensityEstimator(map, options: .init(samples: 0)) }
                == "lanczos quadrature: expected at least 1 sample, found 0")
        #expect(map.applications == 0)
        #expect(throws: ProblemError.self) {
            _ = try Eigenvalues(DenseMap(DenseMatrix(2, 2, [1, 2, .nan, 3])), options: .init(count: 1)).run()
        }
    }
}
