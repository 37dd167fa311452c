/// The positive semidefinite square roots of many symmetric matrices, each by its eigendecomposition. A matrix that is not finite, or has an eigenvalue
/// below zero by more than rounding, gives NaN.
package final class SymmetricRootKernel: Kernel {
    private let source: Operand
    private let result: Operand
    private let size: Int
    private let count: Int
    /// Matrices that one task takes: small ones together.
    private let matricesPerTask: Int
    package let matmulFlops = 0
    package let flops: Int

    /// - Parameters:
    ///   - source: (..., n, n), contiguous, float32 or float64; lower triangles are read.
    ///   - result: of the same sizes, contiguous.
    package init(_ source: Operand, result: Operand) {
        precondition(source.isContiguous && result.isContiguous && source.sizes == result.sizes)
        (self.source, self.result) = (source, result)
        size = source.sizes.last!
        count = source.sizes.dropLast(2).reduce(1, *)
        flops = count * Self.flops(order: size)
        matricesPerTask = max(1, 4096 / max(1, size * size * size))
    }

    /// Nominal: the decomposition with its vectors (Golub and Van Loan 2013, section 8.3), and a product.
    package static func flops(order n: Int) -> Int { 11 * n * n * n }
    /// What a task takes, the root in float64 included.
    package static func scratchBytes(order n: Int) -> Int { n * n * 8 + SymmetricFunction.scratchBytes(order: n) }

    package func run(_ state: RunState) {
        state.flops += flops
        if size == 0 { return }
        parallelFor((count + matricesPerTask - 1) / matricesPerTask) { task in
            let first = task * self.matricesPerTask
            for index in first..<min(first + self.matricesPerTask, self.count) { self.root(index) }
        }
    }

    private func root(_ index: Int) {
        let n = size
        // What the run's precision rounds an eigenvalue of zero to.
        let rounding = source.storage == .float64 ? 1e-12 : 1e-4
        var matrix = source.elements(from: index * n * n, count: n * n).doubles
        var root = [Double](repeating: .nan, count: n * n)
        _ = root.withUnsafeMutableBytes { root in
            SymmetricFunction.apply(to: &matrix, order: n, into: root.baseAddress!) { values in
                guard values[0] >= -rounding * max(abs(values[0]), abs(values[n - 1])) else { return nil }
                return values.map { max(0, $0).squareRoot() }
            }
        }
        result.elements(from: index * n * n, count: n * n).fill(root)
    }
}
