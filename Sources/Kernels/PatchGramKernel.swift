/// sum p p^T over the patches of a convolution's windows. Tasks are tiles of the output's upper triangle, each with the whole sum; the lower one
/// is copied from it. A task unfolds, a few output rows at a time, the entries of patches that its tile is about, in cache.
///
/// The product of what there is now runs in x's precision; it is written, or added, to a float64 output.
package final class PatchGramKernel: Kernel {
    package let matmulFlops: Int
    package var flops: Int { matmulFlops }

    private let x: Operand
    private let last: Operand?
    private let output: Operand
    private let accumulate: Bool
    /// Spatial axes, one-dimensional images as rows.
    private let axes: [Axis]
    private let channels: Int
    private let features: Int
    /// Rows of windows in all examples, and how many are unfolded at a time.
    private let rows: Int
    private let rowsOfChunk: Int
    private let tile: Int
    private let tiles: Int
    private let scratch: Scratch

    private struct Axis {
        var input, output, kernel, stride, dilation, padding: Int
    }

    /// - Parameters:
    ///   - x: (examples, channels, space), contiguous.
    ///   - last: (examples): an entry behind those of each patch.
    ///   - output: float64, contiguous, (features, features).
    package init(
        _ x: Operand, last: Operand?, geometry: ConvolutionGeometry, taps: [Int], output: Operand, accumulate: Bool
    ) {
        precondition(x.isContiguous && output.isContiguous && output.storage == .float64 && geometry.groups == 1)
        (self.x, self.last, self.output, self.accumulate) = (x, last, output, accumulate)
        let own = taps.indices.map { axis in
            Axis(
                input: x.sizes[axis + 2],
                output: geometry.outputExtent(axis: axis, input: x.sizes[axis + 2], kernel: taps[axis]),
                kernel: taps[axis], stride: geometry.strides[axis], dilation: geometry.dilations[axis],
                padding: geometry.padLow[axis])
        }
        precondition(own.count == 1 || own.count == 2, "a convolution over \(own.count) axes")
        axes =
            own.count == 2
            ? own : [Axis(input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, padding: 0)] + own
        channels = x.sizes[1]
        features = channels * taps.reduce(1, *) + (last == nil ? 0 : 1)
        precondition(output.sizes == [features, features])
        rows = x.sizes[0] * axes[0].output
        matmulFlops = rows * axes[1].output * features * (features + 1)
        let tiling = Tiling(
            features: features, rows: rows, columns: axes[1].output, width: x.storage.byteCount)
        (tile, tiles, rowsOfChunk) = (tiling.tile, tiling.tiles, tiling.rowsOfChunk)
        scratch = Scratch(byteCount: tiling.scratchBytes, tasks: matmulFlops == 0 ? 0 : tiles * (tiles + 1) / 2)
    }

    /// How the output is cut, and what a task unfolds at a time.
    package struct Tiling {
        package let tile, tiles, rowsOfChunk: Int
        /// Of a task.
        package let scratchBytes: Int

        /// - Parameters:
        ///   - rows: Rows of windows in all examples, of `columns` each.
        ///   - width: Bytes of an element.
        package init(features: Int, rows: Int, columns: Int, width: Int) {
            let flops = rows * columns * features * (features + 1)
            let parts = flops > 1 << 22 ? max(4, ceilingQuotient(features, 256)) : 1
            tile = max(min((ceilingQuotient(features, parts) + 7) / 8 * 8, features), min(features, 32))
            tiles = features == 0 ? 0 : ceilingQuotient(features, tile)
            // Two unfolded tiles of half a megabyte at most.
            rowsOfChunk = max(1, min(rows, (1 << 19) / max(1, 2 * tile * columns * width)))
            scratchBytes = width * (tile * tile + 2 * tile * rowsOfChunk * columns)
        }
    }

    package func run(_ state: RunState) {
        state.matmulFlops += matmulFlops
        state.flops += flops
        state.executedFlops += matmulFlops
        guard matmulFlops > 0 else {
            if !accumulate { output.fill([Double](repeating: 0, count: output.count)) }
            return
        }
        parallelFor(tiles * (tiles + 1) / 2) { task in
            scratch.withBlock { block in
                switch x.storage {
                case .float32: run(task, block, Float.self)
                default: run(task, block, Double.self)
                }
            }
        }
    }

    private func run<Element: BinaryFloatingPoint>(
        _ task: Int, _ block: UnsafeMutableRawPointer, _: Element.Type
    ) {
        // Row by row of the upper triangle of tiles.
        var (row, rest) = (0, task)
        while rest >= tiles - row {
            rest -= tiles - row
            row += 1
        }
        let above = row * tile..<min((row + 1) * tile, features)
        let beside = (row + rest) * tile..<min((row + rest + 1) * tile, features)
        let product = block.assumingMemoryBound(to: Element.self)
        let first = product + tile * tile
        let second = rest == 0 ? first : first + tile * rowsOfChunk * axes[1].output
        var start = 0
        while start < rows {
            let chunk = start..<min(start + rowsOfChunk, rows)
            let columns = chunk.count * axes[1].output
            unfold(above, chunk, to: first)
            if rest > 0 { unfold(beside, chunk, to: second) }
            let beta: Double = start == 0 ? 0 : 1
            if rest == 0 {
                BLAS.syrk(
                    x.storage, transpose: false, n: above.count, k: columns, a: first, lda: columns, beta: beta,
                    c: product, ldc: beside.count)
            } else {
                BLAS.gemm(
                    x.storage, transposeA: false, transposeB: true, m: above.count, n: beside.count, k: columns,
                    a: first, lda: columns, b: second, ldb: columns, beta: beta, c: product, ldc: beside.count)
            }
            start = chunk.upperBound
        }
        let result = output.address.assumingMemoryBound(to: Double.self)
        for i in above {
            for j in max(i, beside.lowerBound)..<beside.upperBound {
                let value = Double(product[(i - above.lowerBound) * beside.count + j - beside.lowerBound])
                let sum = accumulate ? result[i * features + j] + value : value
                result[i * features + j] = sum
                result[j * features + i] = sum
            }
        }
    }

    /// Entries of patches, one in each row, for all windows of some output rows.
    private func unfold<Element: BinaryFloatingPoint>(
        _ entries: Range<Int>, _ chunk: Range<Int>, to target: UnsafeMutablePointer<Element>
    ) {
        let source = x.address.assumingMemoryBound(to: Element.self)
        let (vertical, horizontal) = (axes[0], axes[1])
        let width = horizontal.output
        let taps = vertical.kernel * horizontal.kernel
        var place = target
        for entry in entries {
            let (channel, tap) = entry.quotientAndRemainder(dividingBy: taps)
            let (i, j) = tap.quotientAndRemainder(dividingBy: horizontal.kernel)
            let shift = j * horizontal.dilation - horizontal.padding
            // Windows whose tap lies in the input.
            let low = min(max(0, ceilingQuotient(max(0, -shift), horizontal.stride)), width)
            let reach = horizontal.input - shift
            let high = reach <= 0 ? low : max(low, min(width, ceilingQuotient(reach, horizontal.stride)))
            for row in chunk {
                let (example, window) = row.quotientAndRemainder(dividingBy: vertical.output)
                if channel == channels {
                    let value = last!.address.assumingMemoryBound(to: Element.self)[example]
                    place.update(repeating: value, count: width)
                    place += width
                    continue
                }
                let y = window * vertical.stride + i * vertical.dilation - vertical.padding
                guard (0..<vertical.input).contains(y) else {
                    place.update(repeating: 0, count: width)
                    place += width
                    continue
                }
                let line = source + ((example * channels + channel) * vertical.input + y) * horizontal.input
                place.update(repeating: 0, count: low)
                if horizontal.stride == 1 {
                    if high > low { (place + low).update(from: line + (low + shift), count: high - low) }
                } else {
                    for o in low..<high { place[o] = line[o * horizontal.stride + shift] }
                }
                (place + high).update(repeating: 0, count: width - high)
                place += width
            }
        }
    }
}
