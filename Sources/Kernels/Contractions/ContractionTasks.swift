/// How a contraction is split over tasks: by loops, and by tiles of the output where these are few.
/// The sum over contracted labels is never split. The split depends on sizes alone.
struct ContractionTasks {
    struct Task {
        var loops: Range<Int>
        var rows: Range<Int>
        /// Of the output's matrix, or of the vector where there is no matrix.
        var columns: Range<Int>
    }

    /// What is larger than this should keep several threads busy.
    private static let largeWork = 1 << 20
    /// Operations of one task of a very large product.
    private static let largestTask = 1 << 30
    private static let smallestTile = 128
    private static let smallestVectorTile = 1 << 14

    private let split: WorkSplit
    private let rows: Int
    private let rowsOfTile: Int
    private let columns: Int
    private let columnsOfTile: Int
    private let rowTiles: Int
    private let columnTiles: Int
    let count: Int

    init(_ plan: ContractionPlan) {
        let isVector = plan.vector != nil
        rows = plan.m
        columns = isVector ? plan.vector!.size : plan.n
        split = WorkSplit(units: plan.loopCount, flopsOfUnit: plan.flopsOfLoop)
        let total = plan.flopsOfLoop * plan.loopCount
        let wanted = ceilingQuotient(min(max(total / ContractionTasks.largestTask, 8), 64), max(split.count, 1))
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
        count = split.count * rowTiles * columnTiles
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
            loops: split[chunk],
            rows: row * rowsOfTile..<min((row + 1) * rowsOfTile, rows),
            columns: column * columnsOfTile..<min((column + 1) * columnsOfTile, columns))
    }
}

/// Where the operands are at one index of several nested loops.
struct ContractionOffset {
    var lhs = 0
    var rhs = 0
    var output = 0

    init(_ index: Int, _ axes: [ContractionAxis]) {
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
