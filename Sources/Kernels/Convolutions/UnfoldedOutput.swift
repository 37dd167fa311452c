/// y = w * x as products of the weight with unfolded tiles of the input.
final class UnfoldedOutput: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let tiles: ConvolutionTiles
    private let outputsOfTile: Int
    private let outputTiles: Int
    /// Vectors with an input of their own; the others share what is unfolded.
    private let inputs: Int
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
        // A tile of the input should stay in the second-level cache.
        tiles = ConvolutionTiles(shape, columns: min(max((1 << 17) / shape.rows, 192), 768))
        inputs = shape.xVectorStride > 0 ? shape.vectors : 1
        let units = inputs * tiles.exampleTiles * tiles.positionTiles * shape.groups
        // Each tile of outputs unfolds for itself: only where tasks would be few and large.
        let wanted = shape.flops > 1 << 22 ? ceilingQuotient(8, units) : 1
        let parts = min(wanted, max(shape.outputs / 64, 1))
        outputsOfTile = ceilingQuotient(shape.outputs, parts)
        outputTiles = ceilingQuotient(shape.outputs, outputsOfTile)
        split = WorkSplit(
            units: units * outputTiles, flopsOfUnit: shape.flops / max(units * outputTiles, 1))
        let together = tiles.examplesOfTile > 1 ? outputsOfTile : 0
        scratch = Scratch(
            byteCount: ((shape.rows + together) * tiles.columns + shape.paddedCount(positions: tiles.positionsOfTile))
                * shape.storage.byteCount,
            tasks: split.count)
        padded = (shape.rows + together) * tiles.columns
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
        var (rest, outputTile) = unit.quotientAndRemainder(dividingBy: outputTiles)
        let group = rest % shape.groups
        rest /= shape.groups
        let positions = tiles.positions(rest % tiles.positionTiles)
        rest /= tiles.positionTiles
        let examples = tiles.examples(rest % tiles.exampleTiles)
        let input = rest / tiles.exampleTiles
        let outputs = outputTile * outputsOfTile..<min((outputTile + 1) * outputsOfTile, shape.outputs)
        let columns = examples.count * positions.count

        for (place, example) in examples.enumerated() {
            let image = shape.at(
                x, input * shape.xVectorStride + example * shape.xExample + group * shape.channels * shape.inputPlane)
            shape.unfold(
                image, rows: 0..<shape.rows, positions: positions, into: shape.at(block, place * positions.count),
                leading: columns, padded: shape.at(block, padded))
        }
        for vector in inputs > 1 ? input..<input + 1 : 0..<shape.vectors {
            let output = group * shape.outputs + outputs.lowerBound
            let weight = shape.at(w, vector * shape.wVectorStride + output * shape.rows)
            let result = shape.at(
                y,
                vector * shape.yVectorStride + examples.lowerBound * shape.yExample + output * shape.outputPlane
                    + positions.lowerBound)
            // Planes of one output from several examples are not beside each other.
            let together = tiles.examplesOfTile > 1
            let product = together ? shape.at(block, shape.rows * tiles.columns) : result
            let leading = together ? columns : shape.outputPlane
            BLAS.gemm(
                shape.storage, transposeA: false, transposeB: false, m: outputs.count, n: columns, k: shape.rows,
                a: weight, lda: shape.rows, b: block, ldb: columns, beta: accumulate && !together ? 1 : 0, c: product,
                ldc: leading)
            if together {
                shape.scatter(
                    product, leading: leading, examples: examples.count, outputs: outputs.count, into: result,
                    add: accumulate)
            }
        }
    }
}
