/// Averages packed values over eigenspaces, block by block.
package final class EigenspaceMeansKernel: Kernel {
    package typealias Axis = (eigenvalues: Int?, size: Int)
    private let values: Operand
    private let eigen: Operand
    private let blocks: [(offset: Int, rows: Axis, columns: Axis)]
    /// Within which eigenvalues count as equal, relative to the largest.
    private let tolerance: Double
    private let result: Operand
    package let matmulFlops = 0
    package let flops = 0

    package init(_ values: Operand, eigen: Operand, blocks: [(Int, Axis, Axis)], tolerance: Double, result: Operand) {
        precondition(values.storage == .float64 && eigen.storage == .float64 && result.storage == .float64)
        (self.values, self.eigen, self.result, self.tolerance) = (values, eigen, result, tolerance)
        self.blocks = blocks.map { (offset: $0.0, rows: $0.1, columns: $0.2) }
    }

    package func run(_ state: RunState) {
        result.address.copyMemory(from: values.address, byteCount: values.count * 8)
        parallelFor(blocks.count) { index in
            let block = self.blocks[index]
            let (rows, columns) = (self.spaces(block.rows), self.spaces(block.columns))
            let width = block.columns.size
            let entries = self.result.address.assumingMemoryBound(to: Double.self) + block.offset
            for rowSpace in rows {
                for columnSpace in columns where rowSpace.count * columnSpace.count > 1 {
                    var sum = 0.0
                    for i in rowSpace { for j in columnSpace { sum += entries[i * width + j] } }
                    let mean = sum / Double(rowSpace.count * columnSpace.count)
                    for i in rowSpace { for j in columnSpace { entries[i * width + j] = mean } }
                }
            }
        }
    }

    /// Measured from the first of a space, so that a dense row of eigenvalues does not become one.
    private func spaces(_ axis: Axis) -> [Range<Int>] {
        guard let start = axis.eigenvalues else { return (0..<axis.size).map { $0..<$0 + 1 } }
        let values = eigen.address.assumingMemoryBound(to: Double.self) + start
        var largest = 0.0
        for i in 0..<axis.size { largest = max(largest, abs(values[i])) }
        let tolerance = tolerance * largest
        var spaces: [Range<Int>] = []
        var first = 0
        for i in 0..<axis.size where i > first && values[i] - values[first] > tolerance {
            spaces.append(first..<i)
            first = i
        }
        if first < axis.size { spaces.append(first..<axis.size) }
        return spaces
    }
}
