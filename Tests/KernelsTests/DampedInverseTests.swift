import Testing

@testable import Kernels

@Suite struct DampedInverseTests {
    /// X X^T of a few vectors, row-major: positive semidefinite of this rank.
    private func matrix(_ size: Int, rank: Int, scale: Double = 1) -> [Double] {
        let x = (0..<size * rank).map { Double(($0 * 7919 + 13) % 101) / 50 - 1 }
        return (0..<size * size).map { entry in
            (0..<rank).reduce(0) { $0 + scale * x[entry / size * rank + $1] * x[entry % size * rank + $1] }
        }
    }
    private func run(_ matrices: [(entries: [Double], damping: Double)]) -> (inverses: [[Double]], marks: [Double]) {
        var packed = [-5.0]
        var places: [(offset: Int, size: Int)] = []
        for matrix in matrices {
            places.append((packed.count, Int(Double(matrix.entries.count).squareRoot())))
            packed += matrix.entries + [-7]
        }
        let sizes = places.map { $0.size * $0.size }
        let source = TestArray(.float64, packed)
        let dampings = TestArray(.float64, matrices.map(\.damping))
        let result = TestArray(.float64, [Double](repeating: -1, count: sizes.reduce(0, +) + sizes.count))
        DampedInverseKernel(source.operand, dampings: dampings.operand, matrices: places, result: result.operand)
            .run(RunState())
        let all = result.operand.doubles
        var start = 0
        let inverses = sizes.map { size in
            defer { start += size }
            return Array(all[start..<start + size])
        }
        return (inverses, Array(all[start...]))
    }
    /// How far the product of both is from the identity.
    private func error(_ matrix: (entries: [Double], damping: Double), _ inverse: [Double]) -> Double {
        let n = Int(Double(inverse.count).squareRoot())
        var worst = 0.0
        for i in 0..<n {
            for j in 0..<n {
                var sum = matrix.damping * inverse[i * n + j] - (i == j ? 1 : 0)
                for k in 0..<n { sum += matrix.entries[i * n + k] * inverse[k * n + j] }
                worst = max(worst, abs(sum))
            }
        }
        return worst
    }

    @Test func inversesOfManySizes() {
        let matrices = [
            (matrix(40, rank: 12), 0.1), (matrix(1, rank: 1), 0.5), (matrix(7, rank: 7), 0), (matrix(130, rank: 3), 2),
        ]
        let (inverses, marks) = run(matrices)
        for (matrix, inverse) in zip(matrices, inverses) { #expect(error(matrix, inverse) < 1e-10) }
        #expect(marks == [0, 0, 0, 0])
    }

    /// Regular, and not positive definite.
    @Test func indefiniteMatricesGoByEigenvectors() {
        let matrices = [(matrix(20, rank: 20, scale: -1), 0.3), (matrix(20, rank: 20), 0.3), ([0, 1, 1, 0], 0)]
        let (inverses, marks) = run(matrices)
        for (matrix, inverse) in zip(matrices, inverses) { #expect(error(matrix, inverse) < 1e-8) }
        #expect(marks == [1, 0, 1])
    }

    @Test func whatIsNotFiniteHasNoInverse() {
        let (inverses, marks) = run([([.nan, 0, 0, 1], 1), ([2, 0, 0, 2], 2)])
        #expect(inverses[0].allSatisfy(\.isNaN) && inverses[1] == [0.25, 0, 0, 0.25])
        #expect(marks == [0, 0])
    }
}
