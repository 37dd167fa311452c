/// Writes a layer's gradients, example by example: (columns, examples, outputs, inputs). A task is a tile of one example's.
package final class ExampleProductsKernel: Kernel {
    package let matmulFlops: Int
    package var flops: Int { matmulFlops }

    private let product: ExampleProduct
    private let output: Operand
    private let tiling: Tiling
    private let scratch: Scratch

    /// - Parameter output: Contiguous, of the storage of what is multiplied.
    package init(_ product: ExampleProduct, output: Operand) {
        let shape = product.shape
        precondition(output.isContiguous && output.storage == product.storage)
        precondition(output.count == shape.columns * shape.examples * shape.outputs * shape.inputs)
        (self.product, self.output) = (product, output)
        matmulFlops = shape.productFlops
        tiling = Tiling(shape, width: product.storage.byteCount)
        scratch = Scratch(byteCount: tiling.scratchBytes, tasks: matmulFlops == 0 ? 0 : tiling.tasks)
    }

    package struct Tiling {
        let entries: Int
        let tiles: Int
        package let tasks: Int
        package let scratchBytes: Int

        package init(_ shape: ExampleProductShape, width: Int) {
            entries = min(shape.inputs, 256)
            tiles = ceilingQuotient(shape.inputs, max(1, entries))
            tasks = shape.examples * tiles
            scratchBytes = width * shape.unfoldedCount(entries: entries, width: width)
        }
    }

    package func run(_ state: RunState) {
        state.matmulFlops += matmulFlops
        state.flops += flops
        state.executedFlops += matmulFlops
        guard matmulFlops > 0 else {
            if output.count > 0 { output.fill([Double](repeating: 0, count: output.count)) }
            return
        }
        let shape = product.shape
        let matrix = shape.outputs * shape.inputs
        parallelFor(tiling.tasks) { task in
            let (example, tile) = task.quotientAndRemainder(dividingBy: tiling.tiles)
            let start = tile * tiling.entries
            scratch.withBlock { block in
                product.form(
                    0..<shape.columns, example: example, rows: 0..<shape.outputs,
                    entries: start..<min(start + tiling.entries, shape.inputs), unfolded: block,
                    to: output.address + output.storage.byteCount * (example * matrix + start),
                    leading: shape.inputs, stride: shape.examples * matrix)
            }
        }
    }
}
