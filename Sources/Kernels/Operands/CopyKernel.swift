import CKernels

/// Copies one strided view to another of the same sizes and storage.
package final class CopyKernel: Kernel {
    package let matmulFlops = 0
    package let flops = 0

    private let from: Operand
    private let to: Operand
    private let elementBytes: Int
    /// In bytes: sizes, then the strides of `to`, then of `from`, one for each axis.
    private let table: UnsafeMutablePointer<Int64>
    private let rank: Int
    /// Tasks take `extent` indices of `axis`, at each index of the axes before it.
    private let axis: Int
    private let extent: Int
    private let outerCount: Int
    private let partCount: Int

    package init(from: Operand, to: Operand) {
        precondition(from.sizes == to.sizes, "a copy of sizes \(from.sizes) to \(to.sizes)")
        precondition(from.storage == to.storage, "a copy of \(from.storage) to \(to.storage)")
        self.from = from
        self.to = to
        elementBytes = to.storage.byteCount
        var axes = StridedAxes([to, from])
        axes.order(by: 0)
        axes.merge()
        rank = axes.rank

        table = .allocate(capacity: max(3 * rank, 1))
        for axis in 0..<rank {
            table[axis] = Int64(axes.sizes[axis])
            table[rank + axis] = Int64(axes.strides[0][axis] * elementBytes)
            table[2 * rank + axis] = Int64(axes.strides[1][axis] * elementBytes)
        }
        if axes.count == 0 {
            (axis, extent, outerCount, partCount) = (0, 0, 0, 0)
            return
        }
        // The innermost axis that leaves at least 32 thousand elements to a task that takes all of it.
        var inner = 1
        var split = rank - 1
        while split > 0 && inner * axes.sizes[split] < 32768 {
            inner *= axes.sizes[split]
            split -= 1
        }
        if split < 0 {
            (axis, extent, outerCount, partCount) = (0, 1, 1, 1)
            return
        }
        axis = split
        // Multiples of 16, so that the blocks of a transposition are cut at the ends only.
        let wanted = max(32768 / inner, 1)
        extent = min(wanted < 16 ? wanted : wanted / 16 * 16, axes.sizes[split])
        outerCount = axes.sizes[..<split].reduce(1, *)
        partCount = (axes.sizes[split] + extent - 1) / extent
    }

    deinit { table.deallocate() }

    package func run(_ state: RunState) {
        parallelFor(outerCount * partCount) { copy(task: $0) }
    }

    private func copy(task: Int) {
        var outer = task / partCount
        let first = task % partCount * extent
        let (sizes, toStrides, fromStrides) = (table, table + rank, table + 2 * rank)
        var target = to.address
        var source = UnsafeRawPointer(from.address)
        for axis in (0..<axis).reversed() {
            let index = outer % Int(sizes[axis])
            outer /= Int(sizes[axis])
            target += index * Int(toStrides[axis])
            source += index * Int(fromStrides[axis])
        }
        if rank > 0 {
            target += first * Int(toStrides[axis])
            source += first * Int(fromStrides[axis])
        }
        let count = rank > 0 ? min(extent, Int(sizes[axis]) - first) : 1
        ck_copy(
            target, toStrides + axis, source, fromStrides + axis, sizes + axis, Int64(count), CInt(rank - axis),
            CInt(elementBytes))
    }
}
