/// sum x x^T over all axes of x but the last that it keeps apart: a symmetric product, formed with half the work of a product.
///
/// The product of what there is now runs in x's precision; it is written, or added, to a float64 output. Tasks are tiles of the
/// output's upper triangle, each with the whole sum; the lower one is copied from it.
package final class GramKernel: Kernel {
    package let matmulFlops: Int
    package var flops: Int { matmulFlops }

    private let storage: Storage
    private let input: UnsafeMutableRawPointer
    private let output: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let size: Int
    /// Kept indices: elements from one to the next in the input, and how many.
    private let kept: [(size: Int, stride: Int)]
    private let keptCount: Int
    /// The input as matrices: stored inner x size (transposed), or size x inner; `loops` are the sums around them.
    private let matrix: MatrixForm
    private let tile: Int
    private let tiles: Int
    private let scratch: Scratch
    private let copy: (kernel: CopyKernel, memory: Memory)?
    private let fill: FillKernel?

    private struct MatrixForm {
        var transposed = true
        var inner = 1
        var leading = 1
        var feature = 1
        var loops: [(size: Int, stride: Int)] = []
        var loopCount: Int { loops.reduce(1) { $0 * $1.size } }
    }

    /// - Parameters:
    ///   - kept: Leading axes with a product each.
    ///   - feature: The axis of x that the product's rows and columns are.
    ///   - output: float64, contiguous, kept axes + (features, features).
    package init(_ x: Operand, kept: Int, feature: Int, output: Operand, accumulate: Bool) {
        precondition(output.storage == .float64 && output.isContiguous, "a Gram matrix is float64 and contiguous")
        storage = x.storage
        self.accumulate = accumulate
        let sums = (kept..<x.rank).filter { $0 != feature }
        size = x.sizes[feature]
        keptCount = x.sizes[..<kept].reduce(1, *)
        let terms = sums.reduce(1) { $0 * x.sizes[$1] }
        matmulFlops = keptCount * size * (size + 1) * terms
        self.output = output.address
        let isEmpty = matmulFlops == 0
        fill = isEmpty && !accumulate && output.count > 0 ? FillKernel(output, value: 0) : nil
        if let form = GramKernel.form(x, sums: sums, feature: feature) {
            (matrix, copy, input) = (form, nil, x.address)
            self.kept = (0..<kept).map { (x.sizes[$0], x.strides[$0]) }
        } else {
            let order = Array(0..<kept) + sums + [feature]
            let view = Operand(
                address: x.address, storage: storage, sizes: order.map { x.sizes[$0] },
                strides: order.map { x.strides[$0] })
            let memory = Memory(byteCount: view.count * storage.byteCount)
            let dense = Operand(address: memory.address, storage: storage, sizes: view.sizes)
            copy = (CopyKernel(from: view, to: dense), memory)
            input = memory.address
            matrix = MatrixForm(transposed: true, inner: terms, leading: size, feature: 1)
            self.kept = (0..<kept).map { (dense.sizes[$0], dense.strides[$0]) }
        }
        // Four by four tiles where there is work for them; no tile is larger than what keeps a second-level cache busy.
        let parts = matmulFlops / max(keptCount, 1) > 1 << 22 ? max(4, ceilingQuotient(size, 512)) : 1
        tile = max(min((ceilingQuotient(size, parts) + 7) / 8 * 8, size), min(size, 32))
        tiles = size == 0 ? 0 : ceilingQuotient(size, tile)
        let tasks = isEmpty ? 0 : keptCount * tiles * (tiles + 1) / 2
        scratch = Scratch(byteCount: storage == .float64 ? 0 : tile * tile * storage.byteCount, tasks: tasks)
    }

    /// How BLAS can read x; nil where it has to be copied.
    private static func form(_ x: Operand, sums: [Int], feature: Int) -> MatrixForm? {
        let size = x.sizes[feature]
        // Neighbouring sums that lie densely are one.
        var axes: [(size: Int, stride: Int)] = []
        for axis in sums where x.sizes[axis] != 1 {
            if let last = axes.last, last.stride == x.sizes[axis] * x.strides[axis] {
                axes[axes.count - 1] = (last.size * x.sizes[axis], x.strides[axis])
            } else {
                axes.append((x.sizes[axis], x.strides[axis]))
            }
        }
        let stride = size == 1 ? 1 : x.strides[feature]
        guard axes.allSatisfy({ $0.stride > 0 && $0.stride <= Int(Int32.max) }), stride > 0, stride <= Int(Int32.max)
        else { return nil }
        func best(_ fits: ((size: Int, stride: Int)) -> Bool) -> Int? {
            axes.indices.filter { fits(axes[$0]) }.max { axes[$0].size < axes[$1].size }
        }
        var form = MatrixForm(feature: stride)
        if axes.isEmpty, stride == 1 {
            form.leading = max(size, 1)
            return form
        }
        var chosen: Int?
        if stride == 1 {
            chosen = best { $0.stride >= size }
        } else if let place = best({ $0.stride == 1 && $0.size <= stride }) {
            (chosen, form.transposed) = (place, false)
        }
        guard let chosen else { return nil }
        form.inner = axes[chosen].size
        form.leading = form.transposed ? axes[chosen].stride : stride
        form.loops = axes.indices.filter { $0 != chosen }.map { axes[$0] }
        // Many thin products cost more than a copy and one.
        if form.inner < 64, form.loopCount > 1 { return nil }
        return form
    }

    package func run(_ state: RunState) {
        state.matmulFlops += matmulFlops
        state.flops += flops
        state.executedFlops += matmulFlops
        fill?.run(state)
        guard matmulFlops > 0 else { return }
        copy?.kernel.run(state)
        let pairs = tiles * (tiles + 1) / 2
        parallelFor(keptCount * pairs) { task in
            scratch.withBlock { run(kept: task / pairs, pair: task % pairs, $0) }
        }
    }

    private func run(kept index: Int, pair: Int, _ block: UnsafeMutableRawPointer) {
        // Row by row of the upper triangle of tiles.
        var (row, rest) = (0, pair)
        while rest >= tiles - row {
            rest -= tiles - row
            row += 1
        }
        let rows = row * tile..<min((row + 1) * tile, size)
        let columns = (row + rest) * tile..<min((row + rest + 1) * tile, size)
        let width = storage.byteCount
        let source = input + width * offset(index, kept)
        let result = output.assumingMemoryBound(to: Double.self) + index * size * size
        let isWide = storage == .float64
        let target =
            isWide ? UnsafeMutableRawPointer(result + rows.lowerBound * size + columns.lowerBound) : block
        let leading = isWide ? size : columns.count
        for loop in 0..<matrix.loopCount {
            let start = source + width * offset(loop, matrix.loops)
            let a = start + width * rows.lowerBound * matrix.feature
            let beta: Double = loop > 0 || (isWide && accumulate) ? 1 : 0
            if rest == 0 {
                BLAS.syrk(
                    storage, transpose: matrix.transposed, n: rows.count, k: matrix.inner, a: a, lda: matrix.leading,
                    beta: beta, c: target, ldc: leading)
            } else {
                BLAS.gemm(
                    storage, transposeA: matrix.transposed, transposeB: !matrix.transposed, m: rows.count,
                    n: columns.count, k: matrix.inner, a: a, lda: matrix.leading,
                    b: start + width * columns.lowerBound * matrix.feature, ldb: matrix.leading, beta: beta,
                    c: target, ldc: leading)
            }
        }
        let narrow = block.assumingMemoryBound(to: Float.self)
        // Patch by patch, so that what is read across rows for the lower triangle is still in the cache.
        let patch = 32
        for top in stride(from: rows.lowerBound, to: rows.upperBound, by: patch) {
            let height = top..<min(top + patch, rows.upperBound)
            for left in stride(from: columns.lowerBound, to: columns.upperBound, by: patch) {
                let width = left..<min(left + patch, columns.upperBound)
                if width.upperBound <= top { continue }
                for i in height where !isWide {
                    let from = narrow + (i - rows.lowerBound) * leading - columns.lowerBound
                    let to = result + i * size
                    for j in max(i, left)..<max(i, width.upperBound) {
                        to[j] = accumulate ? to[j] + Double(from[j]) : Double(from[j])
                    }
                }
                for j in width {
                    let to = result + j * size
                    for i in top..<max(top, min(height.upperBound, j)) { to[i] = result[i * size + j] }
                }
            }
        }
    }

    private func offset(_ index: Int, _ axes: [(size: Int, stride: Int)]) -> Int {
        var (rest, offset) = (index, 0)
        for axis in axes.reversed() {
            offset += rest % axis.size * axis.stride
            rest /= axis.size
        }
        return offset
    }
}
