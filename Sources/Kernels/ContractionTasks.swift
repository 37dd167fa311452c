/// How a contraction is split over tasks: by loops, and by tiles of the output where these are few.
/// The sum over contracted labels is never split. The split depends on sizes alone.
struct ContractionTasks {
    struct Task {
        var loops: Range<Int>
        var rows: Range<Int>
        /// Of the output's matrix, or of the vector where there is no matrix.
        var columns: Range<Int>
    }

    /// Less is not worth a task of its own.
    private static let smallestTask = 1 << 16
    /// What is larger than this should keep several threads busy.
    private static let largeWork = 1 << 20
    /// Operations of one task of a very large product.
    private static let largestTask = 1 << 27
    private static let smallestTile = 128
    private static let smallestVectorTile = 1 << 14

    private let loopCount: Int
    private let loopsOfTask: Int
    private let rows: Int
    private let rowsOfTile: Int
    private let columns: Int
    private let columnsOfTile: Int
    private let rowTiles: Int
    private let columnTiles: Int
    let count: Int

    init(_ plan: ContractionPlan) {
        loopCount = plan.loopCount
        let isVector = plan.vector != nil
        rows = plan.m
        columns = isVector ? plan.vector!.size : plan.n
        let flops = max(plan.flopsOfLoop, 1)
        let total = flops * loopCount
        if total < 2 * ContractionTasks.smallestTask {
            loopsOfTask = max(loopCount, 1)
        } else {
            loopsOfTask = max(1, ceilingQuotient(ContractionTasks.smallestTask, flops), ceilingQuotient(loopCount, 256))
        }
        let chunks = ceilingQuotient(loopCount, loopsOfTask)
        let wanted = ceilingQuotient(min(max(total / ContractionTasks.largestTask, 8), 64), max(chunks, 1))
        var grid = (rows: 1, columns: 1)
        if total > ContractionTasks.largeWork, wanted > 1 {
            if isVector {
                // A contracted vector stays whole.
                if plan.method == .elementwise {
                    grid.columns = min(wanted, max(1, columns / ContractionTasks.smallestVectorTile))
                }
            } else {
                grid = ContractionTasks.grid(rows: rows, columns: columns, tiles: wanted)
            }
        }
        // Multiples of 16 fit the registers of the inner loops of any BLAS.
        rowsOfTile = grid.rows == 1 ? max(rows, 1) : (ceilingQuotient(rows, grid.rows) + 15) / 16 * 16
        columnsOfTile = grid.columns == 1 ? max(columns, 1) : (ceilingQuotient(columns, grid.columns) + 15) / 16 * 16
        rowTiles = ceilingQuotient(rows, rowsOfTile)
        columnTiles = ceilingQuotient(columns, columnsOfTile)
        count = chunks * rowTiles * columnTiles
    }

    /// The grid of at least `tiles` tiles, or of as many as there can be, that has the shortest cuts: BLAS rearranges
    /// each tile's share of both inputs, so cuts cost.
    private static func grid(rows: Int, columns: Int, tiles: Int) -> (rows: Int, columns: Int) {
        let (mostRows, mostColumns) = (max(1, rows / smallestTile), max(1, columns / smallestTile))
        var best = (rows: 1, columns: 1)
        var bestCuts = Int.max
        for rowTiles in 1...min(mostRows, tiles) {
            let columnTiles = min(mostColumns, ceilingQuotient(tiles, rowTiles))
            let enough = rowTiles * columnTiles >= min(tiles, mostRows * mostColumns)
            let cuts = rowTiles * columns + columnTiles * rows
            if enough, cuts < bestCuts { (best, bestCuts) = ((rowTiles, columnTiles), cuts) }
        }
        return bestCuts == Int.max ? (mostRows, mostColumns) : best
    }

    subscript(index: Int) -> Task {
        let (chunkAndRow, column) = index.quotientAndRemainder(dividingBy: columnTiles)
        let (chunk, row) = chunkAndRow.quotientAndRemainder(dividingBy: rowTiles)
        return Task(
            loops: chunk * loopsOfTask..<min((chunk + 1) * loopsOfTask, loopCount),
            rows: row * rowsOfTile..<min((row + 1) * rowsOfTile, rows),
            columns: column * columnsOfTile..<min((column + 1) * columnsOfTile, columns))
    }
}

/// Where the operands are at one index of several nested loops.
struct ContractionOffset {
    var lhs = 0
    var rhs = 0
    var output = 0

    init(_ index: Int, _ axes: some RandomAccessCollection<ContractionAxis>) {
        var rest = index
        for axis in axes.reversed() {
            let place = rest % axis.size
            rest /= axis.size
            lhs += place * axis.lhs
            rhs += place * axis.rhs
            output += place * axis.output
        }
    }
}

/// The smallest number of parts of at most `divisor` that make up `dividend`.
func ceilingQuotient(_ dividend: Int, _ divisor: Int) -> Int {
    (dividend + divisor - 1) / divisor
}
