import Testing

@testable import Curvature

/// Vectors that users bring.
@Suite struct VectorSourceTests {
    @Test func arraysAreWhatTheyHold() throws {
        let problem = try smallProblem()
        let entries = (0..<26).map { Double($0) / 7 - 1 }
        let (found, single, rows) = try compile(
            problem.vector(entries), problem.vector(entries.map { Float($0) }),
            problem.block(entries, columns: 2), options: float64Options
        ).run()
        #expect(Array(found) == entries)
        #expect(Array(single) == entries.map { Double(Float($0)) })
        #expect(rows.shape == [13, 2] && rows.values == entries)
    }

    @Test func equalArraysAreOneVector() throws {
        let problem = try smallProblem()
        let (a, b) = (problem.vector([1.0, 2]), problem.vector([1.0, 2]))
        #expect(try a.lazy.result.get().expression == b.lazy.result.get().expression)
        #expect("\(a)" != "\(problem.vector([2.0, 1]))")
        // One matrix-vector product, not two.
        let v = [Double](repeating: 1, count: 26)
        let one = try compile(problem.hessian * problem.vector(v))
        let two = try compile(problem.hessian * problem.vector(v), 2 * (problem.hessian * problem.vector(v)))
        #expect(one.plan.matmulFlops == two.plan.matmulFlops)
    }

    @Test func randomVectorsAreStandardNormal() throws {
        let problem = try smallProblem()
        let (v, again, other, block) = try compile(
            problem.randomVector(seed: 3, count: 5000), problem.randomVector(seed: 3, count: 4999),
            problem.randomVector(seed: 4, count: 5000), problem.randomBlock(columns: 3, seed: 3, count: 2),
            options: float64Options
        ).run()
        let mean = v.reduce(0, +) / 5000
        let variance = v.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5000
        // Five standard errors.
        #expect(abs(mean) < 5 / 5000.0.squareRoot())
        #expect(abs(variance - 1) < 5 * (2 / 5000.0).squareRoot())
        let correlation = zip(v, other).reduce(0) { $0 + $1.0 * $1.1 } / 5000
        #expect(abs(correlation) < 5 / 5000.0.squareRoot())
        #expect(Array(v.prefix(4999)) == Array(again))
        #expect(block.values == Array(v.prefix(6)))
    }

    @Test func namedTensorsHaveToFit() throws {
        let problem = try smallProblem()
        func text(_ body: () throws -> Any) -> String? {
            #expect(throws: ProblemError.self) { _ = try body() }?.description
        }
        #expect(
            text { try problem.vector(named: "y") }
                == "arrays: expected a vector (n) called 'y', found none")
        #expect(
            text { try problem.vector(named: "V") }
                == "arrays: expected a vector (n), but 'V' has shape [26, 3]")
        #expect(
            text { try problem.block(named: "T") } == "arrays: expected a block (n, k), but 'T' has shape [2, 2, 2]")
        #expect(
            text { try problem.block([1.0, 2, 3], columns: 2) }
                == "a block: expected entries for rows of 2 columns, found 3")
        #expect(
            text { try HostArray([1, 2, 3], shape: [2]) } == "an array: expected 2 elements for the shape [2], found 3")
    }
}
