import CKernels

/// Adds rows at their indices: the transpose of a gather. Rows of one index are added in the order of the indices.
///
/// A negative index counts from the end. One that is out of range is left out and reported after the run.
package final class ScatterAddKernel: Kernel {
    package let matmulFlops = 0
    package let flops: Int

    /// The first index of the last run, in the order in which they lie, that is out of range.
    package private(set) var firstInvalidIndex: Int64?

    private let updates: Operand
    private let indices: Operand
    private let output: Operand
    private let accumulate: Bool
    private let shape: IndexingShape
    private let planesPerTask: Int
    private let planeTasks: Int
    /// Each plane is cut into ranges of columns, or into ranges of rows: what a task adds to is its own.
    private let columnsPerTask: Int
    private let rowsPerTask: Int
    private let taskCount: Int
    private let invalid: Memory

    /// - Parameter updates: sizes lead ++ batch ++ I ++ rest, contiguous, as all operands.
    /// - Parameter indices: int64, sizes batch ++ I.
    /// - Parameter output: sizes lead ++ batch ++ [V] ++ rest.
    package init(updates: Operand, indices: Operand, output: Operand, lead: Int, batch: Int, accumulate: Bool) {
        precondition(output.storage != .bool, "booleans are not added")
        shape = IndexingShape(table: output, indices: indices, picked: updates, lead: lead, batch: batch)
        self.updates = updates
        self.indices = indices
        self.output = output
        self.accumulate = accumulate
        flops = output.storage == .int64 ? 0 : updates.count

        let work = max((shape.rows + shape.picks) * shape.row, 1)
        planesPerTask = max(1, 16384 / work)
        planeTasks = output.count == 0 ? 0 : (shape.planes + planesPerTask - 1) / planesPerTask
        // Planes that are few and large are cut further. Every task reads all indices of a plane, so there are few
        // ranges, and none of rows where rows are so short that reading indices is the work.
        let wanted = planeTasks == 0 ? 1 : min(16 / planeTasks, work / 32768)
        if wanted > 1 && shape.row >= 128 {
            columnsPerTask = max(64, ((shape.row + wanted - 1) / wanted + 15) / 16 * 16)
            rowsPerTask = max(shape.rows, 1)
        } else if wanted > 1 && shape.row >= 4 && shape.rows > 1 {
            columnsPerTask = shape.row
            rowsPerTask = (shape.rows + wanted - 1) / wanted
        } else {
            columnsPerTask = max(shape.row, 1)
            rowsPerTask = max(shape.rows, 1)
        }
        let cuts =
            ((shape.row + columnsPerTask - 1) / columnsPerTask) * ((shape.rows + rowsPerTask - 1) / rowsPerTask)
        taskCount = planeTasks * cuts
        invalid = Memory(byteCount: taskCount * 8)
    }

    package func run(_ state: RunState) {
        state.flops += flops
        var c = shape.c
        let found = invalid.address.assumingMemoryBound(to: Int64.self)
        withUnsafePointer(to: &c) { c in
            parallelFor(taskCount) { task in
                var region = region(task)
                found[task] = ck_scatter_add(
                    c, CInt(output.storage.rawValue), updates.address,
                    indices.address.assumingMemoryBound(to: Int64.self), output.address, &region, accumulate ? 0 : 1)
            }
        }
        firstInvalidIndex = shape.firstInvalid(found, count: taskCount, in: indices)
    }

    private func region(_ task: Int) -> ck_region {
        let cuts = taskCount / planeTasks
        let plane = task / cuts * planesPerTask
        let columnCuts = (shape.row + columnsPerTask - 1) / columnsPerTask
        let row = task % cuts / columnCuts * rowsPerTask
        let column = task % cuts % columnCuts * columnsPerTask
        return ck_region(
            first_plane: Int64(plane), last_plane: Int64(min(plane + planesPerTask, shape.planes)),
            first_row: Int64(row), last_row: Int64(min(row + rowsPerTask, shape.rows)),
            first_column: Int64(column), last_column: Int64(min(column + columnsPerTask, shape.row)))
    }
}
