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
        let matrix = Operand(
            address: packed.address + block.source * 8, storage: .float64, sizes: [rows, columns])
        // Positive semidefinite factors are never orthogonal to the identity.
        var start = [Double](repeating: 0, count: columns)
        for i in 0..<block.inputs { start[i * (block.inputs + 1)] = 1 }
        let triple = TopSingularTriple(of: matrix, start: start)
        let trace = (0..<block.outputs).reduce(0) { $0 + triple.left[$1 * (block.outputs + 1)] }
        let root = (trace < 0 ? -1 : 1) * triple.value.squareRoot()
        store(triple.left, root, block.outputs, at: block.outputTarget)
        store(triple.right, root, block.inputs, at: block.inputTarget)
    }

    /// root * (X + X^T) / 2.
    private func store(_ vector: [Double], _ root: Double, _ size: Int, at offset: Int) {
        let target = result.address.assumingMemoryBound(to: Double.self) + offset
        for i in 0..<size {
            for j in 0..<size { target[i * size + j] = root * (vector[i * size + j] + vector[j * size + i]) / 2 }
        }
    }
}
