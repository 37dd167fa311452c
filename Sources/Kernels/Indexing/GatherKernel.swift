import CKernels

/// Picks rows: `output[lead, batch, i] = x[lead, batch, indices[batch, i]]`, for every index `i` of any rank.
///
/// A negative index counts from the end. One that is out of range picks row 0 and is reported after the run.
package final class GatherKernel: Kernel {
    package let matmulFlops = 0
    package let flops = 0

    /// The first index of the last run, in the order in which they lie, that is out of range.
    package private(set) var firstInvalidIndex: Int64?

    private let x: Operand
    private let indices: Operand
    private let output: Operand
    private let shape: IndexingShape
    private let rowsPerTask: Int
    private let taskCount: Int
    /// For each task, where it found an index that is out of range, or -1.
    private let invalid: Memory

    /// - Parameter x: sizes lead ++ batch ++ [V] ++ rest, contiguous, as all operands.
    /// - Parameter indices: int64, sizes batch ++ I.
    /// - Parameter output: sizes lead ++ batch ++ I ++ rest.
    /// - Parameter lead: how many axes are `lead`; `batch` likewise.
    package init(x: Operand, indices: Operand, output: Operand, lead: Int, batch: Int) {
        shape = IndexingShape(table: x, indices: indices, picked: output, lead: lead, batch: batch)
        self.x = x
        self.indices = indices
        self.output = output
        let rows = output.count == 0 ? 0 : shape.planes * shape.picks
        rowsPerTask = max(1, 16384 / max(shape.row, 1))
        taskCount = (rows + rowsPerTask - 1) / rowsPerTask
        invalid = Memory(byteCount: taskCount * 8)
    }

    package func run(_ state: RunState) {
        var c = shape.c
        let found = invalid.address.assumingMemoryBound(to: Int64.self)
        let rows = shape.planes * shape.picks
        withUnsafePointer(to: &c) { c in
            parallelFor(taskCount) { task in
                let first = task * rowsPerTask
                found[task] = ck_gather(
                    c, CInt(x.storage.byteCount), x.address, indices.address.assumingMemoryBound(to: Int64.self),
                    output.address, Int64(first), Int64(min(first + rowsPerTask, rows)))
            }
        }
        firstInvalidIndex = shape.firstInvalid(found, count: taskCount, in: indices)
    }
}
