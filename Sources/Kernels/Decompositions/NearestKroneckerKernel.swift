/// The nearest Kronecker products of packed rearranged blocks, side by side.
package final class NearestKroneckerKernel: Kernel {
    package struct Block: Sendable {
        let source, outputs, inputs, outputTarget, inputTarget: Int
        package init(source: Int, outputs: Int, inputs: Int, outputTarget: Int, inputTarget: Int) {
            (self.source, self.outputs, self.inputs) = (source, outputs, inputs)
            (self.outputTarget, self.inputTarget) = (outputTarget, inputTarget)
        }
    }
    private let packed: Operand
    private let result: Operand
    private let blocks: [Block]
    private let copies: [(source: Int, target: Int, count: Int)]
    package let matmulFlops = 0
    package let flops = 0

    package init(
        _ packed: Operand, blocks: [Block], copies: [(source: Int, target: Int, count: Int)], result: Operand
    ) {
        precondition(packed.storage == .float64 && result.storage == .float64)
        (self.packed, self.blocks, self.copies, self.result) = (packed, blocks, copies, result)
    }

    package func run(_ state: RunState) {
        for copy in copies {
            (result.address + copy.target * 8).copyMemory(
                from: packed.address + copy.source * 8, byteCount: copy.count * 8)
        }
        parallelFor(blocks.count) { self.run(self.blocks[$0]) }
    }

    private func run(_ block: Block) {
        let (rows, columns) = (block.outputs * block.outputs, block.inputs * block.inputs)
        let matrix = packed.address + block.source * 8
        var search = SingularTripleSearch(
            rows: rows, start: NearestFactors.start(inputs: block.inputs), depth: NearestKroneckerKernel.depth,
            tolerance: 1e-15)
        func product(_ x: [Double], transposed: Bool) -> [Double] {
            var y = [Double](repeating: 0, count: transposed ? columns : rows)
            x.withUnsafeBufferPointer { x in
                y.withUnsafeMutableBufferPointer { y in
                    BLAS.gemv(
                        .float64, transpose: transposed, rows: rows, columns: columns, a: matrix, lda: columns,
                        x: x.baseAddress!, strideX: 1, y: y.baseAddress!, strideY: 1)
                }
            }
            return y
        }
        for _ in 0..<NearestKroneckerKernel.mostSteps where !search.hasConverged {
            search.take(product: product(search.rightVector, transposed: false))
            guard let left = search.leftVector else { break }
            search.take(transposedProduct: product(left, transposed: true))
        }
        let target = result.address.assumingMemoryBound(to: Double.self)
        NearestFactors.store(
            search, outputs: block.outputs, inputs: block.inputs, output: target + block.outputTarget,
            input: target + block.inputTarget)
    }

    private static let depth = 24
    private static let mostSteps = 400 * depth
}
