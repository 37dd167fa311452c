import Glibc
import Kernels
import Testing

@testable import Curvature

@Suite struct LanczosQuadratureTests {
    private func quadrature(
        _ a: DenseMatrix, samples: Int, depth: Int, width: Int = 3, storage: Storage = .float64,
        distribution: ProbeBlock.Distribution = .rademacher
    ) throws -> StochasticLanczosQuadrature {
        let result = try StochasticLanczosQuadrature(
            DenseMap(a, width: width, storage: storage), budget: .samples(samples), depth: depth,
            distribution: distribution, seed: 5)
        #expect(
            result.workspace.byteCount
                == StochasticLanczosQuadrature.workspaceBytes(
                    size: a.rows, width: width, storage: storage, depth: depth))
        return result
    }

    /// Polynomials of degree below twice the depth are integrated exactly, so that the samples are Hutchinson's.
    @Test(arguments: [ProbeBlock.Distribution.rademacher, .gaussian], [1, 3])
    func momentsAreHutchinsons(distribution: ProbeBlock.Distribution, width: Int) throws {
        let a = DenseMatrix(eigenvalues: (0..<20).map { Double($0) / 3 - 2 }, seed: 80)
        let map = DenseMap(a, width: width)
        let trace = try Hutchinson(map, .trace, budget: .samples(7), distribution: distribution, seed: 5).run()
        let square = try Hutchinson(
            map, .squaredFrobeniusNorm, budget: .samples(7), distribution: distribution, seed: 5
        ).run()
        let lanczos = try quadrature(a, samples: 7, depth: 2, width: width, distribution: distribution)
        let first = try lanczos.trace { $0 }
        #expect(abs(first.value - trace.value) < 1e-11 && abs(first.standardError - trace.standardError) < 1e-11)
        #expect(abs(try lanczos.trace { $0 * $0 }.value - square.value) < 1e-10)
        #expect(first.applications == 2 * ((7 + width - 1) / width))
    }

    /// v^T f(A) v of one vector against the eigendecomposition that the matrix was made of.
    @Test(arguments: [1e2, 1e6]) func exactAtFullDepth(condition: Double) throws {
        let values = geometric(15, condition: condition)
        let q = DenseMatrix(random: 15, 15, seed: 81).orthonormalized
        let a = q * DenseMatrix(diagonal: values) * q.transposed
        let result = try quadrature(a, samples: 1, depth: 40).logarithmOfDeterminant()
        let probe = TestBlock(DenseMatrix(15, 1))
        ProbeBlock.fill(probe.operand, .rademacher, seed: 5, purpose: ProbePurpose.probe.rawValue, first: 0)
        let seen = q.transposed * probe.matrix
        let wanted = (0..<15).reduce(0) { $0 + seen[$1, 0] * seen[$1, 0] * log(values[$1]) }
        #expect(abs(result.value - wanted) < 1e-8 * abs(wanted))
    }

    @Test(arguments: [Storage.float64, .float32]) func logdet(storage: Storage) throws {
        let values = geometric(40, condition: 100)
        let a = DenseMatrix(eigenvalues: values, seed: 82)
        let wanted = values.reduce(0) { $0 + log($1) }
        let result = try quadrature(a, samples: 400, depth: 25, width: 8, storage: storage).logarithmOfDeterminant()
        #expect(abs(result.value - wanted) < 4 * result.standardError)
        #expect(result.standardError < 0.01 * abs(wanted))
    }

    /// One distinct eigenvalue: every vector is an eigenvector, and the process ends after one step.
    @Test func invariantSubspaces() throws {
        let result = try quadrature(
            DenseMatrix(diagonal: Array(repeating: 3, count: 12)), samples: 2, depth: 10
        ).logarithmOfDeterminant()
        #expect(abs(result.value - 12 * log(3)) < 1e-13 && result.applications == 1)
        let one = try quadrature(DenseMatrix(1, 1, [5]), samples: 1, depth: 10).trace { 1 / $0 }
        #expect(abs(one.value - 0.2) < 1e-15)
    }

    @Test func singularAndIndefinite() throws {
        let singular = try quadrature(DenseMatrix(diagonal: [0, 1, 2]), samples: 2, depth: 3).logarithmOfDeterminant()
        #expect(singular.value == -.infinity)
        #expect(throws: ProblemError.self) {
            _ = try quadrature(DenseMatrix(diagonal: [-1, 1, 2]), samples: 2, depth: 3).logarithmOfDeterminant()
        }
    }

    @Test func sameBits() throws {
        let a = DenseMatrix(eigenvalues: geometric(30, condition: 100), seed: 83)
        let lanczos = try quadrature(a, samples: 5, depth: 12)
        var results: [Estimate] = []
        for threads in [1, 2] {
            TaskArena(threads: threads).run { results.append(try! lanczos.logarithmOfDeterminant()) }
        }
        #expect(results[0] == results[1])
    }
}
