import Kernels
import Testing

@testable import Curvature

@Suite struct ConjugateGradientsTests {
    private func solve(
        _ matrix: DenseMatrix, _ b: DenseMatrix, width: Int = 1, storage: Storage = .float64,
        preconditioner: DenseMatrix? = nil, tolerance: Double = 1e-10, maximumIterations: Int = 2000, threads: Int = 1
    ) throws -> (DenseMatrix, SolveReport) {
        let solver = try ConjugateGradients(
            DenseMap(matrix, width: width, storage: storage),
            preconditioner: preconditioner.map { DenseMap($0, width: width, storage: storage) },
            options: .init(tolerance: tolerance, maximumIterations: maximumIterations))
        let (right, solution) = (TestBlock(b, storage), TestBlock(DenseMatrix(b.rows, b.columns), storage))
        var report: Result<SolveReport, any Error>?
        TaskArena(threads: threads).run {
            report = Result { try solver.run(rightHandSides: right.operand, solutions: solution.operand) }
        }
        return (solution.matrix, try report!.get())
    }

    /// norm(b - A x) / norm(b), column by column, in float64.
    private func residuals(_ a: DenseMatrix, _ x: DenseMatrix, _ b: DenseMatrix) -> [Double] {
        let r = b - a * x
        return (0..<b.columns).map { j in
            let (top, bottom) = (r.column(j), b.column(j))
            return (top.reduce(0) { $0 + $1 * $1 } / bottom.reduce(0) { $0 + $1 * $1 }).squareRoot()
        }
    }

    @Test(arguments: [1e2, 1e6, 1e10], [1, 3, 8])
    func illConditioned(condition: Double, width: Int) throws {
        let a = DenseMatrix(eigenvalues: geometric(30, condition: condition), seed: 1)
        let b = DenseMatrix(random: 30, 7, seed: 2)
        let (x, report) = try solve(a, b, width: width, tolerance: 1e-6)
        #expect(report.converged)
        for (column, residual) in residuals(a, x, b).enumerated() {
            // Rounding in A x is relative to norm(A) norm(x), up to the condition times norm(b).
            #expect(residual <= 1e-6 + 1e-16 * condition)
            #expect(abs(residual - report.columns[column].relativeResidual) < 1e-9 + 1e-16 * condition)
        }
        // The error is at most the residual times the condition.
        #expect((x - a.solve(b)).norm <= 1e-6 * condition * b.norm)
    }

    @Test func exactAfterAsManyIterationsAsDistinctEigenvalues() throws {
        let a = DenseMatrix(eigenvalues: (0..<40).map { [1.0, 2, 5][$0 % 3] }, seed: 3)
        let (x, report) = try solve(a, DenseMatrix(random: 40, 4, seed: 4), width: 4)
        #expect(report.columns.allSatisfy { $0.iterations == 3 && $0.status == .converged })
        #expect((x - a.solve(DenseMatrix(random: 40, 4, seed: 4))).norm < 1e-9)
    }

    @Test(arguments: [1, 3, 8]) func singlePrecision(width: Int) throws {
        let a = DenseMatrix(eigenvalues: geometric(40, condition: 1e3), seed: 5)
        let b = DenseMatrix(random: 40, 5, seed: 6)
        let (x, report) = try solve(a, b, width: width, storage: .float32, tolerance: 1e-4)
        #expect(report.converged)
        #expect(residuals(a, x, b).allSatisfy { $0 < 1.5e-4 })
    }

    /// float32 cannot reach 1e-12: the recurrence says it does, the true residual knows better.
    @Test func stagnationIsSeenAndReported() throws {
        let a = DenseMatrix(eigenvalues: geometric(30, condition: 1e4), seed: 7)
        let (_, report) = try solve(a, DenseMatrix(random: 30, 2, seed: 8), storage: .float32, tolerance: 1e-12)
        #expect(report.columns.allSatisfy { $0.status == .stagnated && $0.relativeResidual > 1e-12 })
        #expect(report.columns.allSatisfy { $0.relativeResidual < 1e-2 && $0.iterations < 2000 })
    }

    /// A column's numbers do not depend on which others are solved with it, nor on threads.
    @Test func sameBits() throws {
        let a = DenseMatrix(eigenvalues: geometric(50, condition: 1e4), seed: 9)
        let b = DenseMatrix(random: 50, 6, seed: 10)
        let (x, report) = try solve(a, b, width: 3, threads: 1)
        let (again, reportAgain) = try solve(a, b, width: 3, threads: 2)
        #expect(x == again && report == reportAgain)
        let (first, _) = try solve(a, DenseMatrix(50, 3) { b[$0, $1] }, width: 3)
        #expect(first == DenseMatrix(50, 3) { x[$0, $1] })
    }

    @Test func preconditionerSavesIterations() throws {
        let scales = geometric(60, condition: 1e6)
        let core = DenseMatrix(eigenvalues: geometric(60, condition: 5), seed: 11)
        let a = DenseMatrix(60, 60) { core[$0, $1] * (scales[$0] * scales[$1]).squareRoot() }
        let jacobi = DenseMatrix(diagonal: a.diagonal.map { 1 / $0 })
        let b = DenseMatrix(random: 60, 4, seed: 12)
        let (_, plain) = try solve(a, b, width: 2, tolerance: 1e-8)
        let (x, report) = try solve(a, b, width: 2, preconditioner: jacobi, tolerance: 1e-8)
        #expect(report.converged && residuals(a, x, b).allSatisfy { $0 < 1.01e-8 })
        #expect(report.iterations < plain.iterations / 2)
        // The inverse itself: one iteration.
        let (_, perfect) = try solve(
            core, b, preconditioner: core.solve(DenseMatrix(diagonal: Array(repeating: 1, count: 60))))
        #expect(perfect.columns.allSatisfy { $0.iterations <= 2 && $0.status == .converged })
    }

    @Test func negativeCurvature() throws {
        let a = DenseMatrix(diagonal: [3, 2, -1, 4])
        let b = DenseMatrix(4, 2) { $1 == 0 ? [1, 1, 0, 1][$0] : [0, 0, 1, 0][$0] }
        let (x, report) = try solve(a, b, width: 2)
        #expect(report.columns.map(\.status) == [.converged, .negativeCurvature])
        #expect(report.negativeCurvature == [.init(column: 1, iteration: 1, value: -1, squaredNorm: 1)])
        #expect((0..<4).allSatisfy { abs(x[$0, 0] - [1.0 / 3, 0.5, 0, 0.25][$0]) < 1e-12 })
        #expect(!report.converged)
    }

    @Test func indefinitePreconditioner() throws {
        let (_, report) = try solve(
            DenseMatrix(diagonal: [1, 2]), DenseMatrix(2, 1) { _, _ in 1 },
            preconditioner: DenseMatrix(diagonal: [-1, -1]))
        #expect(report.columns.map(\.status) == [.indefinitePreconditioner])
    }

    /// A right-hand side in the range of a singular operator has a solution: the one of least norm.
    @Test func singular() throws {
        let a = DenseMatrix(eigenvalues: geometric(20, condition: 10) + Array(repeating: 0, count: 10), seed: 13)
        let wanted = a * DenseMatrix(random: 30, 2, seed: 14)
        let (x, report) = try solve(a, a * wanted, width: 2)
        #expect(report.converged)
        #expect((x - wanted).norm < 1e-7 * wanted.norm)
    }

    @Test func zeroAndOne() throws {
        let (x, report) = try solve(DenseMatrix(1, 1, [4]), DenseMatrix(1, 3, [0, 2, -8]), width: 2)
        #expect(x.values == [0, 0.5, -2])
        #expect(report.columns.map(\.iterations) == [0, 1, 1])
        #expect(report.columns.map(\.relativeResidual) == [0, 0, 0])
    }

    @Test func iterationLimit() throws {
        let a = DenseMatrix(eigenvalues: geometric(30, condition: 1e6), seed: 15)
        let b = DenseMatrix(random: 30, 1, seed: 16)
        let (x, report) = try solve(a, b, maximumIterations: 4)
        #expect(report.columns[0].status == .iterationLimit && report.columns[0].iterations == 4)
        #expect(abs(report.columns[0].relativeResidual - residuals(a, x, b)[0]) < 1e-10)
        #expect(report.applications == 5)
    }

    @Test func progressAndCancellation() throws {
        let map = DenseMap(DenseMatrix(eigenvalues: geometric(30, condition: 1e6), seed: 17))
        let solver = try ConjugateGradients(map, options: .init(tolerance: 1e-8))
        let b = TestBlock(DenseMatrix(random: 30, 1, seed: 18))
        var seen: [Int] = []
        let monitor = IterationMonitor(
            progress: { iteration, _ in seen.append(iteration) }, isCancelled: { seen.count == 3 })
        #expect(throws: CancellationError.self) {
            _ = try solver.run(rightHandSides: b.operand, solutions: b.operand, monitor: monitor)
        }
        #expect(seen == [1, 2, 3] && map.applications == 3)
    }

    @Test func workspaceIsPredictedAndReused() throws {
        let map = DenseMap(DenseMatrix(eigenvalues: geometric(30, condition: 1e2), seed: 19), width: 3)
        let (b, x) = (TestBlock(DenseMatrix(random: 30, 4, seed: 20)), TestBlock(DenseMatrix(30, 4)))
        let solver = try ConjugateGradients(map)
        #expect(
            solver.workspace.byteCount
                == ConjugateGradients.workspaceBytes(size: 30, width: 3, storage: .float64, preconditioned: false))
        let first = try solver.run(rightHandSides: b.operand, solutions: x.operand)
        let solution = x.matrix
        #expect(try solver.run(rightHandSides: b.operand, solutions: x.operand) == first)
        #expect(x.matrix == solution)
    }

    @Test func badInput() throws {
        let square = DenseMap(DenseMatrix(random: 3, 3, seed: 21))
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(
            message { _ = try ConjugateGradients(square, options: .init(tolerance: 0)) }
                == "conjugate gradients: expected a positive tolerance, found 0.0")
        #expect(
            message { _ = try ConjugateGradients(square, options: .init(maximumIterations: 0)) }
                == "conjugate gradients: expected max_iterations of at least 1, found 0")
        #expect(
            message { _ = try ConjugateGradients(DenseMap(DenseMatrix(2, 3))) }
                == "conjugate gradients: expected a square operator, found one of 2 x 3")
        #expect(
            message { _ = try ConjugateGradients(square, preconditioner: DenseMap(DenseMatrix(2, 2))) }
                == "conjugate gradients: expected a preconditioner of 3 x 3, found one of 2 x 2")
        let nan = DenseMatrix(3, 1, [1, .nan, 0])
        #expect(
            message { _ = try self.solve(DenseMatrix(diagonal: [1, 1, 1]), nan) }
                == "conjugate gradients: expected finite right-hand sides, found NaN or infinity in column 0")
        #expect(square.applications == 0)
    }
}
