import Kernels
import Testing

@testable import Curvature

/// What MINRES, LSMR and the Neumann series have in common with conjugate gradients, and what each can do beyond.
@Suite struct SolverTests {
    enum Solver: CaseIterable { case minres, lsmr }

    private func solve(
        _ solver: Solver, _ a: DenseMatrix, _ b: DenseMatrix, width: Int = 1, storage: Storage = .float64,
        preconditioner: DenseMatrix? = nil, tolerance: Double = 1e-8, maximumIterations: Int = 3000, threads: Int = 1
    ) throws -> (DenseMatrix, SolveReport) {
        let map = DenseMap(a, width: width, storage: storage)
        let options = SolverOptions(tolerance: tolerance, maximumIterations: maximumIterations)
        let (right, solution) = (TestBlock(b, storage), TestBlock(DenseMatrix(a.columns, b.columns), storage))
        let run: (Operand, Operand) throws -> SolveReport
        switch solver {
        case .minres:
            let minres = try MinimumResidual(
                map, preconditioner: preconditioner.map { DenseMap($0, width: width, storage: storage) },
                options: options)
            #expect(
                minres.workspace.byteCount
                    == MinimumResidual.workspaceBytes(
                        size: a.rows, width: width, storage: storage, preconditioned: preconditioner != nil))
            run = { try minres.run(rightHandSides: $0, solutions: $1) }
        case .lsmr:
            let lsmr = try LeastSquaresMinimumResidual(
                map, transpose: DenseMap(a.transposed, width: width, storage: storage), options: options)
            #expect(
                lsmr.workspace.byteCount
                    == LeastSquaresMinimumResidual.workspaceBytes(
                        rows: a.rows, columns: a.columns, width: width, storage: storage))
            run = { try lsmr.run(rightHandSides: $0, solutions: $1) }
        }
        var report: Result<SolveReport, any Error>?
        TaskArena(threads: threads).run { report = Result { try run(right.operand, solution.operand) } }
        return (solution.matrix, try report!.get())
    }

    private func worstResidual(_ a: DenseMatrix, _ x: DenseMatrix, _ b: DenseMatrix) -> Double {
        let r = b - a * x
        return (0..<b.columns).map { norm(r.column($0)) / norm(b.column($0)) }.max()!
    }

    private func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    /// Alternating signs, so that conjugate gradients would not do.
    private func indefinite(_ count: Int, condition: Double, seed: UInt64) -> DenseMatrix {
        let sizes = geometric(count, condition: condition)
        return DenseMatrix(eigenvalues: (0..<count).map { $0 % 3 == 0 ? -sizes[$0] : sizes[$0] }, seed: seed)
    }

    @Test(arguments: Solver.allCases, [(1, 1e2), (3, 1e2), (8, 1e2), (1, 1e4), (3, 1e4), (8, 1e4)])
    func indefinite(solver: Solver, setting: (width: Int, condition: Double)) throws {
        let (width, condition) = setting
        let a = indefinite(30, condition: condition, seed: 31)
        let b = DenseMatrix(random: 30, 7, seed: 32)
        let (x, report) = try solve(solver, a, b, width: width)
        #expect(report.columns.allSatisfy { $0.status == .converged })
        #expect(worstResidual(a, x, b) <= 1e-8 + 1e-15 * condition)
        #expect((x - a.solve(b)).norm <= 1e-8 * condition * b.norm)
    }

    @Test(arguments: [1, 3]) func veryIllConditioned(width: Int) throws {
        let a = indefinite(30, condition: 1e8, seed: 33)
        let b = DenseMatrix(random: 30, 3, seed: 34)
        let (x, report) = try solve(.minres, a, b, width: width, tolerance: 1e-4)
        #expect(report.columns.allSatisfy { $0.status == .converged })
        #expect(worstResidual(a, x, b) <= 1.01e-4)
    }

    @Test(arguments: Solver.allCases) func singlePrecision(solver: Solver) throws {
        let a = indefinite(30, condition: 20, seed: 35)
        let b = DenseMatrix(random: 30, 4, seed: 36)
        let (x, report) = try solve(solver, a, b, width: 3, storage: .float32, tolerance: 1e-5)
        #expect(report.columns.allSatisfy { $0.status == .converged })
        #expect(worstResidual(a, x, b) < 1.5e-5)
        let (_, strict) = try solve(solver, a, b, width: 3, storage: .float32, tolerance: 1e-12)
        #expect(
            strict.columns.allSatisfy { $0.status != .converged && $0.relativeResidual < 1e-4 && $0.iterations < 3000 })
    }

    @Test(arguments: Solver.allCases) func sameBits(solver: Solver) throws {
        let a = indefinite(40, condition: 100, seed: 37)
        let b = DenseMatrix(random: 40, 6, seed: 38)
        let (x, report) = try solve(solver, a, b, width: 3, threads: 1)
        let (again, reportAgain) = try solve(solver, a, b, width: 3, threads: 2)
        #expect(x == again && report == reportAgain)
    }

    @Test(arguments: Solver.allCases) func zeroAndOne(solver: Solver) throws {
        let (x, report) = try solve(solver, DenseMatrix(1, 1, [-4]), DenseMatrix(1, 3, [0, 2, -8]), width: 2)
        #expect(zip(x.values, [0, -0.5, 2]).allSatisfy { abs($0 - $1) < 1e-14 })
        #expect(report.columns.map(\.iterations) == [0, 1, 1])
        #expect(report.columns.allSatisfy { $0.status == .converged })
    }

    /// Where the right-hand side has a part outside of the range: the least-squares solution, and it says so.
    @Test(arguments: Solver.allCases, [1, 3]) func leastSquares(solver: Solver, width: Int) throws {
        let a = DenseMatrix(eigenvalues: geometric(15, condition: 10).map { -$0 } + [3, 2, 1, 0, 0, 0], seed: 39)
        let b = DenseMatrix(random: 21, 4, seed: 40)
        let (x, report) = try solve(solver, a, b, width: width, tolerance: 1e-7)
        #expect(report.columns.allSatisfy { $0.status == .leastSquares })
        #expect((a.transposed * (b - a * x)).norm < 1e-6 * b.norm)
        #expect(abs(report.columns[0].relativeResidual - norm((b - a * x).column(0)) / norm(b.column(0))) < 1e-9)
        #expect(report.converged && report.worstResidual > 0.1)
    }

    @Test(arguments: [(30, 12), (12, 30)], [1, 4]) func rectangular(shape: (Int, Int), width: Int) throws {
        let a = DenseMatrix(random: shape.0, shape.1, seed: 41)
        let b = DenseMatrix(random: shape.0, 5, seed: 42)
        let (x, report) = try solve(.lsmr, a, b, width: width, tolerance: 1e-10)
        let t = a.transposed
        // The pseudo-inverse, by the normal equations of the smaller side.
        let wanted = shape.0 > shape.1 ? (t * a).solve(t * b) : t * (a * t).solve(b)
        #expect((x - wanted).norm < 1e-7 * wanted.norm)
        #expect(report.columns.allSatisfy { $0.status == (shape.0 > shape.1 ? .leastSquares : .converged) })
    }

    @Test func minresIsNoWorseThanAnyOtherSolver() throws {
        let a = DenseMatrix(eigenvalues: geometric(40, condition: 1e4), seed: 43)
        let b = DenseMatrix(random: 40, 1, seed: 44)
        for limit in [3, 6, 12] {
            let (_, least) = try solve(.minres, a, b, maximumIterations: limit)
            let (x, right) = (TestBlock(DenseMatrix(40, 1)), TestBlock(b))
            let gradients = try ConjugateGradients(
                DenseMap(a), options: .init(tolerance: 1e-8, maximumIterations: limit))
            let other = try gradients.run(rightHandSides: right.operand, solutions: x.operand)
            #expect(least.columns[0].iterations == limit && least.columns[0].status == .iterationLimit)
            #expect(least.worstResidual < other.worstResidual * (1 + 1e-10))
        }
    }

    @Test func preconditionedMinres() throws {
        let scales = geometric(40, condition: 1e4)
        let core = indefinite(40, condition: 3, seed: 45)
        let a = DenseMatrix(40, 40) { core[$0, $1] * (scales[$0] * scales[$1]).squareRoot() }
        let jacobi = DenseMatrix(diagonal: scales.map { 1 / $0 })
        let b = DenseMatrix(random: 40, 3, seed: 46)
        let (_, plain) = try solve(.minres, a, b, width: 2, tolerance: 1e-8)
        let (x, report) = try solve(.minres, a, b, width: 2, preconditioner: jacobi, tolerance: 1e-8)
        #expect(report.columns.allSatisfy { $0.status == .converged } && worstResidual(a, x, b) < 1.1e-8)
        #expect(report.iterations < plain.iterations / 2)
        let (_, refused) = try solve(
            .minres, a, b, width: 2, preconditioner: DenseMatrix(diagonal: scales.map { -$0 }))
        #expect(refused.columns.allSatisfy { $0.status == .indefinitePreconditioner })
    }

    private func neumann(
        _ a: DenseMatrix, _ b: DenseMatrix, _ options: NeumannSeries.Options, width: Int = 2
    ) throws -> (DenseMatrix, SolveReport) {
        let x = TestBlock(DenseMatrix(b.rows, b.columns))
        let right = TestBlock(b)
        let series = try NeumannSeries(DenseMap(a, width: width), options: options)
        #expect(
            series.workspace.byteCount == NeumannSeries.workspaceBytes(size: a.rows, width: width, storage: .float64))
        let report = try series.run(rightHandSides: right.operand, solutions: x.operand)
        return (x.matrix, report)
    }

    @Test func neumannIsItsPartialSum() throws {
        let a = DenseMatrix(eigenvalues: geometric(12, condition: 5), seed: 47)
        let b = DenseMatrix(random: 12, 3, seed: 48)
        var (term, sum) = (b, b)
        for _ in 0..<7 {
            term = term - 0.9 * (a * term)
            sum = sum + term
        }
        let (x, report) = try neumann(a, b, .init(scale: 0.9, products: 7))
        #expect((x - 0.9 * sum).norm < 1e-13 * sum.norm)
        #expect(report.columns.allSatisfy { $0.status == .converged && $0.iterations == 7 })
        #expect(abs(report.worstResidual - worstResidual(a, x, b)) < 1e-12)
    }

    @Test func neumannStopsAndDiverges() throws {
        let a = DenseMatrix(eigenvalues: geometric(12, condition: 5), seed: 49)
        let b = DenseMatrix(random: 12, 3, seed: 50)
        let (x, report) = try neumann(a, b, .init(scale: 1, products: 1000, tolerance: 1e-9))
        #expect(report.columns.allSatisfy { $0.status == .converged && $0.iterations < 200 })
        #expect((x - a.solve(b)).norm < 1e-7)
        let (_, short) = try neumann(a, b, .init(scale: 1, products: 5, tolerance: 1e-9))
        #expect(short.columns.allSatisfy { $0.status == .iterationLimit })
        let (_, diverged) = try neumann(a, b, .init(scale: 3, products: 1000))
        #expect(diverged.columns.allSatisfy { $0.status == .diverged && $0.iterations < 50 })
        let (_, slowly) = try neumann(a, b, .init(scale: 2.2, products: 60))
        #expect(slowly.columns.allSatisfy { $0.status == .diverged })
    }

    @Test func badInput() throws {
        let map = DenseMap(DenseMatrix(2, 3))
        let square = DenseMap(DenseMatrix(random: 3, 3, seed: 51))
        func message(_ body: () throws -> Void) -> String {
            do { try body() } catch { return "\(error)" }
            return ""
        }
        #expect(
            message { _ = try MinimumResidual(map) } == "minres: expected a square operator, found one of 2 x 3")
        #expect(
            message { _ = try NeumannSeries(square, options: .init(products: 0)) }
                == "neumann: expected at least 1 term, found 0")
        #expect(
            message { _ = try NeumannSeries(square, options: .init(scale: 0)) }
                == "neumann: expected a scale other than 0, found 0.0")
        #expect(
            message {
                _ = try LeastSquaresMinimumResidual(
                    map, transpose: DenseMap(DenseMatrix(3, 2)), options: .init(tolerance: -1))
            } == "lsmr: expected a positive tolerance, found -1.0")
        #expect(
            message { _ = try MinimumResidual(square, preconditioner: DenseMap(DenseMatrix(2, 2))) }
                == "minres: expected a preconditioner of 3 x 3, found one of 2 x 2")
    }
}
