/// sum p p^T over the patches of a convolution's windows. Tasks are tiles of the output's upper triangle, each with the whole sum; the lower one
/// is copied from it. A task unfolds, a few output rows at a time, the entries of patches that its tile is about, in cache.
///
/// The product of what there is now runs in x's precision; it is written, or added, to a float64 output.
package final class PatchGramKernel: Kernel {
    package let matmulFlops: Int
    package var flops: Int { matmulFlops }

    private let storage: Storage
    private let windows: PatchWindows
    private let output: Operand
    private let accumulate: Bool
    private let features: Int
    /// Rows of windows in all examples, and how many are unfolded at a time.
    private let rows: Int
    private let rowsOfChunk: Int
    private let tile: Int
    private let tiles: Int
    private let scratch: Scratch

    /// - Parameters:
    ///   - x: (images, channels, space), contiguous.
    ///   - last: (images), or for several in a row each: an entry behind those of each patch.
    ///   - output: float64, contiguous, (features, features).
    package init(
        _ x: Operand, last: Operand?, geometry: ConvolutionGeometry, taps: [Int], output: Operand, accumulate: Bool
    ) {
        precondition(output.isContiguous && output.storage == .float64)
        (storage, self.output, self.accumulate) = (x.storage, output, accumulate)
        windows = PatchWindows(x, last: last, geometry: geometry, taps: taps)
        features = windows.features
        precondition(output.sizes == [features, features])
        rows = x.sizes[0] * windows.rowsPerImage
        matmulFlops = rows * windows.columns * features * (features + 1)
        let tiling = Tiling(features: features, rows: rows, columns: windows.columns, width: storage.byteCount)
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
                switch storage {
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
        let second = rest == 0 ? first : first + tile * rowsOfChunk * windows.columns
        var start = 0
        while start < rows {
            let chunk = start..<min(start + rowsOfChunk, rows)
            let columns = chunk.count * windows.columns
            windows.unfold(above, rows: chunk, to: UnsafeMutableRawPointer(first))
            if rest > 0 { windows.unfold(beside, rows: chunk, to: UnsafeMutableRawPointer(second)) }
            let beta: Double = start == 0 ? 0 : 1
            if rest == 0 {
                BLAS.syrk(
                    storage, transpose: false, n: above.count, k: columns, a: first, lda: columns, beta: beta,
                    c: product, ldc: beside.count)
            } else {
                BLAS.gemm(
                    storage, transposeA: false, transposeB: true, m: above.count, n: beside.count, k: columns,
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
}
