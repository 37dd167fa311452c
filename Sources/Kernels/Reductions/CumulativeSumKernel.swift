import CKernels

/// Running sums along one axis; real numbers accumulate in float64.
package final class CumulativeSumKernel: Kernel {
    package let matmulFlops = 0
    package let flops: Int

    private let input: Operand
    private let output: Operand
    private let exclusive: Bool
    private let reverse: Bool
    private let outer: Int
    private let count: Int
    private let inner: Int
    /// Columns that run together.
    private let width = 512
    private let outerPerTask: Int

    /// - Parameter exclusive: whether an element's own value is left out of its sum.
    /// - Parameter reverse: whether sums run from the last element to the first.
    package init(input: Operand, output: Operand, axis: Int, exclusive: Bool = false, reverse: Bool = false) {
        precondition(input.storage == output.storage && input.storage != .bool, "running sums of \(input.storage)")
        precondition(input.sizes == output.sizes && input.isContiguous && output.isContiguous)
        self.input = input
        self.output = output
        self.exclusive = exclusive
        self.reverse = reverse
        outer = input.sizes[..<axis].reduce(1, *)
        count = input.sizes[axis]
        inner = input.sizes[(axis + 1)...].reduce(1, *)
        flops = input.storage == .int64 ? 0 : input.count
        outerPerTask = max(1, 16384 / max(count * inner, 1))
    }

    package func run(_ state: RunState) {
        state.flops += flops
        if count == 0 || inner == 0 { return }
        let columnTasks = (inner + width - 1) / width
        parallelFor((outer + outerPerTask - 1) / outerPerTask * columnTasks) { task in
            let first = task / columnTasks * outerPerTask
            let column = task % columnTasks * width
            for row in first..<min(first + outerPerTask, outer) {
                let offset = (row * count * inner + column) * input.storage.byteCount
                ck_cumulative_sum(
                    CInt(input.storage.rawValue), input.address + offset, output.address + offset, Int64(count),
                    Int64(inner), Int64(min(width, inner - column)), exclusive ? 1 : 0, reverse ? -1 : 1)
            }
        }
    }
}
