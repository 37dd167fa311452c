/// The transpose of a convolution in its input: products of the weight's transpose with tiles of y, folded into x.
final class UnfoldedInput: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let tiles: ConvolutionTiles
    private let channelsOfTile: Int
    private let channelTiles: Int
    private let split: WorkSplit
    private let scratch: Scratch
    /// Where, in a block of scratch memory, padded planes are.
    private let padded: Int

    init(
        _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
        accumulate: Bool
    ) {
        (self.shape, self.x, self.w, self.y, self.accumulate) = (shape, x, w, y, accumulate)
        matmulFlops = shape.flops
        tiles = ConvolutionTiles(shape, columns: 512)
        // All positions of a channel are folded by one task, one tile after the other: windows overlap. The product is
        // folded while it is in cache.
        let units = shape.vectors * tiles.exampleTiles * shape.groups
        let rows = max((1 << 17) / tiles.columns, 64)
        let fewTasks = shape.flops > 1 << 22 ? min(ceilingQuotient(8, units), max(shape.rows / 64, 1)) : 1
        let parts = min(max(ceilingQuotient(shape.rows, rows), fewTasks), shape.channels)
        channelsOfTile = ceilingQuotient(shape.channels, parts)
        channelTiles = ceilingQuotient(shape.channels, channelsOfTile)
        split = WorkSplit(
            units: units * channelTiles, flopsOfUnit: shape.flops / max(units * channelTiles, 1))
        let together = tiles.examplesOfTile > 1 ? shape.outputs : 0
        scratch = Scratch(
            byteCount: ((channelsOfTile * shape.taps + together) * tiles.columns
                + shape.paddedCount(positions: tiles.positionsOfTile)) * shape.storage.byteCount,
            tasks: split.count)
        padded = (channelsOfTile * shape.taps + together) * tiles.columns
    }

    func run(_ state: RunState) {
        state.executedFlops += matmulFlops
        parallelFor(split.count) { task in
            scratch.withBlock { block in
                for unit in split[task] { run(unit: unit, block) }
            }
        }
    }

    private func run(unit: Int, _ block: UnsafeMutableRawPointer) {
        var (rest, channelTile) = unit.quotientAndRemainder(dividingBy: channelTiles)
        let group = rest % shape.groups
        rest /= shape.groups
        let examples = tiles.examples(rest % tiles.exampleTiles)
        let vector = rest / tiles.exampleTiles
        let channels = channelTile * channelsOfTile..<min((channelTile + 1) * channelsOfTile, shape.channels)
        let rows = channels.lowerBound * shape.taps..<channels.upperBound * shape.taps
        let weight = shape.at(
            w, vector * shape.wVectorStride + group * shape.outputs * shape.rows + rows.lowerBound)
        let images = shape.at(x, vector * shape.xVectorStride + group * shape.channels * shape.inputPlane)

        if !accumulate {
            for example in examples {
                shape.clear(
                    shape.at(images, example * shape.xExample + channels.lowerBound * shape.inputPlane),
                    count: channels.count * shape.inputPlane)
            }
        }
        for tile in 0..<tiles.positionTiles {
            let positions = tiles.positions(tile)
            let columns = examples.count * positions.count
            var source = shape.at(
                y,
                vector * shape.yVectorStride + examples.lowerBound * shape.yExample
                    + group * shape.outputs * shape.outputPlane + positions.lowerBound)
            var leading = shape.outputPlane
            if tiles.examplesOfTile > 1 {
                let gathered = shape.at(block, rows.count * tiles.columns)
                shape.gather(
                    source, examples: examples.count, outputs: shape.outputs, into: gathered, leading: columns)
                (source, leading) = (gathered, columns)
            }
            BLAS.gemm(
                shape.storage, transposeA: true, transposeB: false, m: rows.count, n: columns, k: shape.outputs,
                a: weight, lda: shape.rows, b: source, ldb: leading, beta: 0, c: block, ldc: columns)
            for (place, example) in examples.enumerated() {
                shape.fold(
                    shape.at(block, place * positions.count), leading: columns, rows: rows, positions: positions,
                    into: shape.at(images, example * shape.xExample), padded: shape.at(block, padded))
            }
        }
    }
}
