/// The transpose of a convolution in its weight without unfolding, for few channels and outputs: inner products of
/// output planes with what each tap sees. Sums over examples are carried in double precision.
///
/// Tasks are tiles of the weight that go through all examples in order; weights too small for several tasks
/// are summed in parts, of a fixed number.
final class DirectWeight: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let channelsOfTile: Int
    private let channelTiles: Int
    private let outputsOfTile: Int
    private let outputTiles: Int
    private let parts: Int
    /// Sums of all parts; in the scratch memory of a task if there is only one.
    private let partial: Memory
    private let split: WorkSplit
    private let scratch: Scratch
    private let widenedCount: Int

    private static let mostParts = 8

    init(
        _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
        accumulate: Bool
    ) {
        (self.shape, self.x, self.w, self.y, self.accumulate) = (shape, x, w, y, accumulate)
        matmulFlops = shape.flops
        let apart = shape.vectors * shape.groups
        let isLarge = shape.flops > 1 << 21
        let wanted = isLarge ? ceilingQuotient(8, apart) : 1
        // Widened planes of a tile of outputs should stay in cache, and sums on a few pages.
        let outputParts = max(
            ceilingQuotient(shape.outputs * shape.widenedPlane, 1 << 15), min(wanted, shape.outputs / 4), 1)
        outputsOfTile = (ceilingQuotient(shape.outputs, outputParts) + 3) / 4 * 4
        outputTiles = ceilingQuotient(shape.outputs, outputsOfTile)
        let channelParts = max(
            ceilingQuotient(min(outputsOfTile, shape.outputs) * shape.rows, 1 << 13),
            min(ceilingQuotient(wanted, outputTiles), shape.channels), 1)
        channelsOfTile = ceilingQuotient(shape.channels, min(channelParts, shape.channels))
        channelTiles = ceilingQuotient(shape.channels, channelsOfTile)
        let units = apart * outputTiles * channelTiles
        let weights = apart * shape.outputs * shape.rows
        parts =
            isLarge && units < 4 && weights <= 1 << 14 ? min(DirectWeight.mostParts, shape.examples) : 1
        partial = Memory(byteCount: parts == 1 ? 0 : parts * weights * 8)
        split = WorkSplit(units: units * parts, flopsOfUnit: shape.flops / max(units * parts, 1))
        widenedCount = min(outputsOfTile, shape.outputs) * shape.widenedPlane
        let sums = min(outputsOfTile, shape.outputs) * channelsOfTile * shape.taps
        scratch = Scratch(
            byteCount: sums * 8
                + (widenedCount + shape.paddedCount(outRows: shape.planes.out_height)) * shape.storage.byteCount,
            tasks: split.count)
    }

    func run(_ state: RunState) {
        state.executedFlops += matmulFlops
        parallelFor(split.count) { task in
            scratch.withBlock { block in
                for unit in split[task] { run(unit: unit, block) }
            }
        }
        if parts == 1 { return }
        let weights = shape.vectors * shape.groups * shape.outputs * shape.rows
        let sums = partial.address.assumingMemoryBound(to: Double.self)
        for index in 0..<weights {
            var sum = 0.0
            for part in 0..<parts { sum += sums[part * weights + index] }
            write(sum, to: index)
        }
    }

    private func write(_ sum: Double, to index: Int) {
        if shape.storage == .float32 {
            let w = w.assumingMemoryBound(to: Float.self)
            w[index] = Float(accumulate ? Double(w[index]) + sum : sum)
        } else {
            let w = w.assumingMemoryBound(to: Double.self)
            w[index] = accumulate ? w[index] + sum : sum
        }
    }

    private func run(unit: Int, _ block: UnsafeMutableRawPointer) {
        var (rest, channelTile) = unit.quotientAndRemainder(dividingBy: channelTiles)
        let outputTile = rest % outputTiles
        rest /= outputTiles
        let group = rest % shape.groups
        rest /= shape.groups
        let vector = rest % shape.vectors
        let part = rest / shape.vectors
        let channels = channelTile * channelsOfTile..<min((channelTile + 1) * channelsOfTile, shape.channels)
        let outputs = outputTile * outputsOfTile..<min((outputTile + 1) * outputsOfTile, shape.outputs)

        let stride = channels.count * shape.taps
        let sums = block.bindMemory(to: Double.self, capacity: outputs.count * stride)
        sums.update(repeating: 0, count: outputs.count * stride)
        let widened = block + outputs.count * stride * 8
        let padded = shape.at(widened, widenedCount)
        let rows = 0..<shape.planes.out_height
        let output = group * shape.outputs + outputs.lowerBound
        let channel = group * shape.channels + channels.lowerBound
        for example in part * shape.examples / parts..<(part + 1) * shape.examples / parts {
            shape.widen(
                shape.at(y, vector * shape.yVectorStride + example * shape.yExample + output * shape.outputPlane),
                outputs: outputs.count, into: widened)
            let image = shape.at(
                x, vector * shape.xVectorStride + example * shape.xExample + channel * shape.inputPlane)
            for place in 0..<channels.count {
                shape.pad(shape.at(image, place * shape.inputPlane), rows: rows, into: padded)
                shape.addTaps(
                    padded, widened: widened, outputs: outputs.count, to: sums + place * shape.taps, stride: stride)
            }
        }

        let weights = shape.vectors * shape.groups * shape.outputs * shape.rows
        for place in 0..<outputs.count {
            let start =
                vector * shape.wVectorStride + (output + place) * shape.rows + channels.lowerBound * shape.taps
            for index in 0..<stride {
                let sum = sums[place * stride + index]
                if parts == 1 {
                    write(sum, to: start + index)
                } else {
                    partial.address.assumingMemoryBound(to: Double.self)[part * weights + start + index] = sum
                }
            }
        }
    }
}
