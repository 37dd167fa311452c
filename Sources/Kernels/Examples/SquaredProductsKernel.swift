import CKernels

/// The sum over columns and examples of the squares of a layer's gradients' entries, (outputs, inputs), in float64: of P, or of P Q with a basis Q.
/// No P is there but those of a tile.
///
/// Tasks are tiles of the result; where these are few, each for some of the examples, whose sums are added in order.
package final class SquaredProductsKernel: Kernel {
    package let matmulFlops: Int
    package let flops: Int

    private let product: ExampleProduct
    private let basis: Operand?
    private let output: Operand
    private let accumulate: Bool
    private let tiling: Tiling
    private let scratch: Scratch
    private let partials: Scratch

    /// - Parameters:
    ///   - basis: (inputs, inputs), contiguous: its columns are the entries of which squares are wanted.
    ///   - output: float64, contiguous, (outputs, inputs).
    package init(_ product: ExampleProduct, basis: Operand?, output: Operand, accumulate: Bool) {
        let shape = product.shape
        precondition(output.isContiguous && output.storage == .float64)
        precondition(output.sizes == [shape.outputs, shape.inputs])
        precondition(basis.map { $0.isContiguous && $0.storage == product.storage } ?? true)
        (self.product, self.basis, self.output, self.accumulate) = (product, basis, output, accumulate)
        matmulFlops = shape.productFlops + (basis == nil ? 0 : shape.turnFlops)
        flops = matmulFlops + Self.squareFlops(shape)
        tiling = Tiling(shape, isTurned: basis != nil, width: product.storage.byteCount)
        let isEmpty = shape.productFlops == 0
        scratch = Scratch(byteCount: tiling.scratchBytes, tasks: isEmpty ? 0 : tiling.tasks)
        partials = Scratch(byteCount: tiling.partialBytes, tasks: isEmpty || tiling.groups == 1 ? 0 : 1)
    }

    /// A square and a sum for each entry of each P.
    package static func squareFlops(_ shape: ExampleProductShape) -> Int {
        2 * shape.columns * shape.examples * shape.outputs * shape.inputs
    }

    /// What a task is about, and what it needs.
    package struct Tiling {
        /// Of the result, in a tile.
        let rows, entries: Int
        let rowTiles, entryTiles: Int
        /// Of examples.
        let groups: Int
        /// Whose products are there at once.
        let columns: Int
        /// Elements.
        let unfolded, turned, products: Int
        package var tasks: Int { rowTiles * entryTiles * groups }
        package let scratchBytes: Int
        /// Of sums that wait to be added; 0 where there is one group.
        package let partialBytes: Int

        package init(_ shape: ExampleProductShape, isTurned: Bool, width: Int) {
            let (outputs, inputs) = (max(1, shape.outputs), max(1, shape.inputs))
            let turnsInputs = isTurned && shape.turnsInputs
            let turnsProducts = isTurned && !shape.turnsInputs
            // What is turned as a whole is not cut along that axis, lest it be turned for each tile.
            rows = turnsInputs ? outputs : min(outputs, turnsProducts ? 64 : 128)
            entries = turnsProducts ? inputs : min(inputs, 256)
            (rowTiles, entryTiles) = (ceilingQuotient(outputs, rows), ceilingQuotient(inputs, entries))
            let work = shape.productFlops + (isTurned ? shape.turnFlops : 0)
            let tiles = rowTiles * entryTiles
            groups = work > 1 << 22 ? max(1, min(shape.examples, ceilingQuotient(8, tiles))) : 1
            columns = max(1, min(shape.columns, (1 << 20) / max(1, rows * entries * width)))
            unfolded = shape.unfoldedCount(entries: turnsInputs ? inputs : entries, width: width)
            turned = turnsInputs ? entries * shape.positions : turnsProducts ? rows * inputs : 0
            products = (turnsInputs ? 1 : columns) * rows * entries
            scratchBytes = 8 * rows * entries + width * (unfolded + turned + products)
            partialBytes = groups == 1 ? 0 : 8 * groups * outputs * inputs
        }
    }

    package func run(_ state: RunState) {
        state.matmulFlops += matmulFlops
        state.flops += flops
        state.executedFlops += matmulFlops
        guard product.shape.productFlops > 0 else {
            if !accumulate, output.count > 0 { output.fill([Double](repeating: 0, count: output.count)) }
            return
        }
        let result = output.address.assumingMemoryBound(to: Double.self)
        guard tiling.groups > 1 else { return runTasks(to: result, accumulate: accumulate) }
        partials.withBlock { block in
            let sums = block.assumingMemoryBound(to: Double.self)
            runTasks(to: sums, accumulate: false)
            for i in 0..<output.count {
                var sum = accumulate ? result[i] : 0
                for group in 0..<tiling.groups { sum += sums[group * output.count + i] }
                result[i] = sum
            }
        }
    }

    private func runTasks(to target: UnsafeMutablePointer<Double>, accumulate: Bool) {
        parallelFor(tiling.tasks) { task in
            let (group, tile) = task.quotientAndRemainder(dividingBy: tiling.rowTiles * tiling.entryTiles)
            let (row, entry) = tile.quotientAndRemainder(dividingBy: tiling.entryTiles)
            let shape = product.shape
            let rows = row * tiling.rows..<min((row + 1) * tiling.rows, shape.outputs)
            let entries = entry * tiling.entries..<min((entry + 1) * tiling.entries, shape.inputs)
            let examples = group * shape.examples / tiling.groups..<(group + 1) * shape.examples / tiling.groups
            scratch.withBlock { block in
                let sums = block.assumingMemoryBound(to: Double.self)
                for i in 0..<rows.count * entries.count { sums[i] = 0 }
                for example in examples {
                    add(example, rows, entries, to: sums, block + 8 * tiling.rows * tiling.entries)
                }
                let own = target + group * output.count
                for (place, i) in rows.enumerated() {
                    let (from, to) = (sums + place * entries.count, own + i * shape.inputs + entries.lowerBound)
                    for j in 0..<entries.count { to[j] = accumulate ? to[j] + from[j] : from[j] }
                }
            }
        }
    }

    /// The squares of one example, for all columns.
    private func add(
        _ example: Int, _ rows: Range<Int>, _ entries: Range<Int>, to sums: UnsafeMutablePointer<Double>,
        _ block: UnsafeMutableRawPointer
    ) {
        let (shape, storage) = (product.shape, product.storage)
        let unfolded = block
        let turned = unfolded + storage.byteCount * tiling.unfolded
        let products = turned + storage.byteCount * tiling.turned
        let count = rows.count * entries.count
        if let basis, shape.turnsInputs {
            product.turnInputs(example: example, basis: basis, entries: entries, unfolded: unfolded, to: turned)
            for column in 0..<shape.columns {
                product.form(column: column, example: example, turned: turned, entries: entries.count, to: products)
                addSquares(products, count, to: sums)
            }
            return
        }
        var first = 0
        while first < shape.columns {
            let columns = first..<min(first + tiling.columns, shape.columns)
            product.form(
                columns, example: example, rows: rows, entries: entries, unfolded: unfolded, to: products,
                leading: entries.count, stride: count)
            for index in columns.indices {
                let own = products + storage.byteCount * (index - columns.lowerBound) * count
                guard let basis else {
                    addSquares(own, count, to: sums)
                    continue
                }
                BLAS.gemm(
                    storage, transposeA: false, transposeB: false, m: rows.count, n: shape.inputs, k: shape.inputs,
                    a: own, lda: shape.inputs, b: basis.address, ldb: shape.inputs, beta: 0, c: turned,
                    ldc: shape.inputs)
                addSquares(turned, count, to: sums)
            }
            first = columns.upperBound
        }
    }

    private func addSquares(_ x: UnsafeRawPointer, _ count: Int, to sums: UnsafeMutablePointer<Double>) {
        switch product.storage {
        case .float32: ck_add_squares_f32(x.assumingMemoryBound(to: Float.self), Int64(count), sums)
        default: ck_add_squares_f64(x.assumingMemoryBound(to: Double.self), Int64(count), sums)
        }
    }
}
