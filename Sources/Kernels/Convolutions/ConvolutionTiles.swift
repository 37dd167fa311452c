/// Which columns of the unfolded input are in memory at a time: some positions of one example, or all positions of
/// several, where examples are so small that one alone would make a thin matrix.
struct ConvolutionTiles {
    let examplesOfTile: Int
    let positionsOfTile: Int
    let exampleTiles: Int
    let positionTiles: Int
    private let examples: Int
    private let positions: Int

    /// Below this width a matrix product spends much of its time on rearranging the other matrix.
    private static let narrow = 192

    /// At most about `columns` columns.
    init(_ shape: ConvolutionShape, columns: Int) {
        (examples, positions) = (shape.examples, shape.outputPlane)
        if positions >= ConvolutionTiles.narrow {
            examplesOfTile = 1
            let parts = ceilingQuotient(positions, columns)
            positionsOfTile = min(positions, (ceilingQuotient(positions, parts) + 15) / 16 * 16)
        } else {
            positionsOfTile = positions
            // Several tiles where there are examples enough: tasks take whole tiles.
            let fitting = max(columns / positions, 1)
            let sharing = max(ceilingQuotient(examples, 8), ceilingQuotient(ConvolutionTiles.narrow, positions))
            let parts = ceilingQuotient(examples, min(fitting, sharing, examples))
            examplesOfTile = ceilingQuotient(examples, parts)
        }
        exampleTiles = ceilingQuotient(examples, examplesOfTile)
        positionTiles = ceilingQuotient(positions, positionsOfTile)
    }

    /// The most columns that a tile has.
    var columns: Int { examplesOfTile * positionsOfTile }

    func examples(_ tile: Int) -> Range<Int> {
        tile * examplesOfTile..<min((tile + 1) * examplesOfTile, examples)
    }

    func positions(_ tile: Int) -> Range<Int> {
        tile * positionsOfTile..<min((tile + 1) * positionsOfTile, positions)
    }
}
