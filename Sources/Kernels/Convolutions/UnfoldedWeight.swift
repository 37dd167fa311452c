/// The transpose of a convolution in its weight: sums, over all examples, of products of y with the unfolded input.
///
/// Tasks are tiles of the weight. Each goes through all examples in order and adds to its tile, so that no
/// partial sum exists; only weights that are too small for several tasks are summed in parts, of a fixed number.
final class UnfoldedWeight: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let tiles: ConvolutionTiles
    /// Vectors with an input of their own; the others share what is unfolded.
    private let inputs: Int
    private let rowsOfTile: Int
    private let rowTiles: Int
    private let outputsOfTile: Int
    private let outputTiles: Int
    /// Runs of example tiles that are summed apart, each in its part of `partial`.
    private let parts: Int
    private let partial: Memory
    private let scratch: Scratch
    /// Where, in a block of scratch memory, padded planes are.
    private let padded: Int

    private static let mostParts = 8
    private static let largestPart = 1 << 14

    init(
        _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
        accumulate: Bool
    ) {
        (self.shape, self.x, self.w, self.y, self.accumulate) = (shape, x, w, y, accumulate)
        matmulFlops = shape.flops
        inputs = shape.xVectorStride > 0 ? shape.vectors : 1
        let apart = inputs * shape.groups
        // Splitting rows costs another reading of y, splitting outputs another unfolding of x: rows first.
        let wanted = shape.flops > 1 << 20 ? ceilingQuotient(min(max(shape.flops >> 27, 8), 64), apart) : 1
        let rowParts = min(wanted, max(shape.rows / 96, 1))
        rowsOfTile = rowParts == 1 ? shape.rows : (ceilingQuotient(shape.rows, rowParts) + 7) / 8 * 8
        rowTiles = ceilingQuotient(shape.rows, rowsOfTile)
        let outputParts = min(ceilingQuotient(wanted, rowTiles), max(shape.outputs / 128, 1))
        outputsOfTile = outputParts == 1 ? shape.outputs : (ceilingQuotient(shape.outputs, outputParts) + 7) / 8 * 8
        outputTiles = ceilingQuotient(shape.outputs, outputsOfTile)
        tiles = ConvolutionTiles(shape, columns: min(max((1 << 17) / rowsOfTile, 256), 1024))

        let isSmall = shape.vectors * shape.groups * shape.outputs * shape.rows <= UnfoldedWeight.largestPart
        let tasks = apart * rowTiles * outputTiles
        parts =
            isSmall && tasks < 4 && shape.flops > 1 << 21 ? min(UnfoldedWeight.mostParts, tiles.exampleTiles) : 1
        let weights = shape.vectors * shape.groups * shape.outputs * shape.rows
        partial = Memory(byteCount: parts == 1 ? 0 : parts * weights * shape.storage.byteCount)
        let together = tiles.examplesOfTile > 1 ? outputsOfTile : 0
        scratch = Scratch(
            byteCount: ((rowsOfTile + together) * tiles.columns + shape.paddedCount(positions: tiles.positionsOfTile))
                * shape.storage.byteCount,
            tasks: tasks * parts)
        padded = (rowsOfTile + together) * tiles.columns
    }

    func run(_ state: RunState) {
        state.executedFlops += matmulFlops
        parallelFor(parts * inputs * shape.groups * rowTiles * outputTiles) { task in
            scratch.withBlock { run(task: task, $0) }
        }
        if parts == 1 { return }
        let count = shape.vectors * shape.groups * shape.outputs * shape.rows
        if !accumulate { shape.clear(w, count: count) }
        for part in 0..<parts {
            BLAS.axpy(shape.storage, count: count, alpha: 1, x: shape.at(partial.address, part * count), y: w)
        }
    }

    private func run(task: Int, _ block: UnsafeMutableRawPointer) {
        var (rest, rowTile) = task.quotientAndRemainder(dividingBy: rowTiles)
        let outputTile = rest % outputTiles
        rest /= outputTiles
        let group = rest % shape.groups
        rest /= shape.groups
        let input = rest % inputs
        let part = rest / inputs

        let rows = rowTile * rowsOfTile..<min((rowTile + 1) * rowsOfTile, shape.rows)
        let outputs = outputTile * outputsOfTile..<min((outputTile + 1) * outputsOfTile, shape.outputs)
        let output = group * shape.outputs + outputs.lowerBound
        let weights = shape.vectors * shape.groups * shape.outputs * shape.rows
        let tile = output * shape.rows + rows.lowerBound
        let sums = parts == 1 ? shape.at(w, tile) : shape.at(partial.address, part * weights + tile)
        var isFirst = parts > 1 || !accumulate

        for exampleTile in part * tiles.exampleTiles / parts..<(part + 1) * tiles.exampleTiles / parts {
            let examples = tiles.examples(exampleTile)
            for positionTile in 0..<tiles.positionTiles {
                let positions = tiles.positions(positionTile)
                let columns = examples.count * positions.count
                for (place, example) in examples.enumerated() {
                    let image = shape.at(
                        x,
                        input * shape.xVectorStride + example * shape.xExample
                            + group * shape.channels * shape.inputPlane)
                    shape.unfold(
                        image, rows: rows, positions: positions, into: shape.at(block, place * positions.count),
                        leading: columns, padded: shape.at(block, padded))
                }
                for vector in inputs > 1 ? input..<input + 1 : 0..<shape.vectors {
                    var source = shape.at(
                        y,
                        vector * shape.yVectorStride + examples.lowerBound * shape.yExample
                            + output * shape.outputPlane + positions.lowerBound)
                    var leading = shape.outputPlane
                    if tiles.examplesOfTile > 1 {
                        let gathered = shape.at(block, rowsOfTile * tiles.columns)
                        shape.gather(
                            source, examples: examples.count, outputs: outputs.count, into: gathered, leading: columns)
                        (source, leading) = (gathered, columns)
                    }
                    BLAS.gemm(
                        shape.storage, transposeA: false, transposeB: true, m: outputs.count, n: rows.count, k: columns,
                        a: source, lda: leading, b: block, ldb: columns, beta: isFirst ? 0 : 1,
                        c: shape.at(sums, vector * shape.wVectorStride), ldc: shape.rows)
                }
                isFirst = false
            }
        }
    }
}
