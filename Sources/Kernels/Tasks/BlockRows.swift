/// How the rows of a block (rows, columns) are cut into tasks: from the shape alone, so that sums over rows have one order.
struct BlockRows {
    /// Elements that are worth a task.
    private static let elementsOfTask = 1 << 14
    private static let fewestRows = 64

    let rows: Int
    let rowsOfTask: Int
    let tasks: Int

    init(rows: Int, columns: Int) {
        self.rows = rows
        rowsOfTask = max(BlockRows.elementsOfTask / max(columns, 1), BlockRows.fewestRows)
        tasks = ceilingQuotient(rows, rowsOfTask)
    }

    subscript(task: Int) -> Range<Int> { task * rowsOfTask..<min((task + 1) * rowsOfTask, rows) }
}

extension Operand {
    /// Consecutive columns of a block (rows, columns) whose rows have no gaps.
    package func columns(_ range: Range<Int>) -> Operand {
        precondition(rank == 2 && range.lowerBound >= 0 && range.upperBound <= sizes[1], "columns \(range) of \(sizes)")
        return Operand(
            address: address + range.lowerBound * strides[1] * storage.byteCount, storage: storage,
            sizes: [sizes[0], range.count], strides: strides)
    }

    /// Consecutive rows of a block.
    package func rows(_ range: Range<Int>) -> Operand {
        precondition(rank == 2 && range.lowerBound >= 0 && range.upperBound <= sizes[0], "rows \(range) of \(sizes)")
        return Operand(
            address: address + range.lowerBound * strides[0] * storage.byteCount, storage: storage,
            sizes: [range.count, sizes[1]], strides: strides)
    }

    /// Elements from one row to the next of a block whose rows have no gaps.
    var leadingStride: Int {
        precondition(rank == 2 && (sizes[1] == 1 || strides[1] == 1), "a block of sizes \(sizes), strides \(strides)")
        return strides[0]
    }
}
