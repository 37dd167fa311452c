/// y = w * x without unfolding: sums over channels and taps stay in registers. Few channels and outputs make matrices
/// so thin that unfolding and rearranging them costs more than the products.
final class DirectOutput: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    /// Vectors with an input of their own; the others share its padded planes.
    private let inputs: Int
    private let rowsOfStrip: Int
    private let strips: Int
    private let outputsOfTile: Int
    private let outputTiles: Int
    private let split: WorkSplit
    private let scratch: Scratch

    /// Elements of padded planes that leave room for weights in the second-level cache.
    private static let paddedElements = 1 << 16

    /// `flops` is what counts, where this computes something else than what was asked for.
    init(
        _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
        accumulate: Bool, flops: Int? = nil
    ) {
        (self.shape, self.x, self.w, self.y, self.accumulate) = (shape, x, w, y, accumulate)
        matmulFlops = flops ?? shape.flops
        inputs = shape.xVectorStride > 0 ? shape.vectors : 1
        let height = shape.planes.out_height
        // Strips of output rows: each pads a few rows of the input that its neighbours pad too.
        let whole = shape.channels * shape.paddedCount(outRows: height)
        var parts = min(ceilingQuotient(whole, DirectOutput.paddedElements), ceilingQuotient(height, 4))
        let images = inputs * shape.examples * shape.groups
        let isLarge = shape.flops > 1 << 21
        if isLarge, images * parts < 8 {
            parts = min(max(parts, ceilingQuotient(8, images)), ceilingQuotient(height, 4))
        }
        rowsOfStrip = ceilingQuotient(height, parts)
        strips = ceilingQuotient(height, rowsOfStrip)
        let wanted = isLarge ? min(ceilingQuotient(8, images * strips), max(shape.outputs / 16, 1)) : 1
        outputsOfTile = (ceilingQuotient(shape.outputs, wanted) + 3) / 4 * 4
        outputTiles = ceilingQuotient(shape.outputs, outputsOfTile)
        let units = images * strips * outputTiles
        split = WorkSplit(units: units, flopsOfUnit: shape.flops / max(units, 1))
        scratch = Scratch(
            byteCount: shape.channels * shape.paddedCount(outRows: rowsOfStrip) * shape.storage.byteCount,
            tasks: split.count)
    }

    func run(_ state: RunState) {
        state.executedFlops += matmulFlops
        parallelFor(split.count) { task in
            scratch.withBlock { block in
                for unit in split[task] { run(unit: unit, block) }
            }
        }
    }

    private func run(unit: Int, _ padded: UnsafeMutableRawPointer) {
        var (rest, outputTile) = unit.quotientAndRemainder(dividingBy: outputTiles)
        let strip = rest % strips
        rest /= strips
        let group = rest % shape.groups
        rest /= shape.groups
        let (input, example) = rest.quotientAndRemainder(dividingBy: shape.examples)
        let rows = strip * rowsOfStrip..<min((strip + 1) * rowsOfStrip, shape.planes.out_height)
        let outputs = outputTile * outputsOfTile..<min((outputTile + 1) * outputsOfTile, shape.outputs)

        let image = shape.at(
            x, input * shape.xVectorStride + example * shape.xExample + group * shape.channels * shape.inputPlane)
        let plane = shape.paddedCount(outRows: rows.count)
        for channel in 0..<shape.channels {
            shape.pad(
                shape.at(image, channel * shape.inputPlane), rows: rows, into: shape.at(padded, channel * plane))
        }
        for vector in inputs > 1 ? input..<input + 1 : 0..<shape.vectors {
            let output = group * shape.outputs + outputs.lowerBound
            shape.convolve(
                padded, kernels: shape.at(w, vector * shape.wVectorStride + output * shape.rows),
                outputs: outputs.count, rows: rows,
                into: shape.at(
                    y, vector * shape.yVectorStride + example * shape.yExample + output * shape.outputPlane),
                overwrite: !accumulate)
        }
    }
}
