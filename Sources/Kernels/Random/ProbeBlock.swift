import CKernels

/// Random blocks whose column j is a function of (seed, purpose, number of the sample) and the row, whatever the block's
/// width.
package enum ProbeBlock {
    package enum Distribution: Hashable, Sendable {
        /// 1 and -1, each with probability 1/2.
        case rademacher
        /// Standard normal.
        case gaussian
    }

    private static let rowsOfTask = 4096

    /// Fills `block` (n, k): column j is sample `first + j`.
    ///
    /// - Parameter purpose: tells streams of one seed apart, below 2^24.
    package static func fill(
        _ block: Operand, _ distribution: Distribution, seed: UInt64, purpose: Int, first: Int
    ) {
        let (rows, columns) = (block.sizes[0], block.sizes[1])
        Philox.check(example: first + columns, term: purpose, sample: 0)
        let ld = block.leadingStride
        let tasksOfColumn = ceilingQuotient(rows, rowsOfTask)
        parallelFor(tasksOfColumn * columns) { task in
            let (column, part) = (task / tasksOfColumn, task % tasksOfColumn)
            let range = part * rowsOfTask..<min((part + 1) * rowsOfTask, rows)
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 256) { buffer in
                let values = buffer.baseAddress!
                for start in stride(from: range.lowerBound, to: range.upperBound, by: 256) {
                    let count = min(256, range.upperBound - start)
                    // The sample's number has the counter's widest field.
                    let example = UInt64(first + column)
                    switch distribution {
                    case .gaussian:
                        ck_normals(seed, example, UInt64(purpose), 0, UInt64(start), Int64(count), values)
                    case .rademacher:
                        ck_uniforms(seed, example, UInt64(purpose), 0, UInt64(start), Int64(count), values)
                        for i in 0..<count { values[i] = values[i] < 0.5 ? -1 : 1 }
                    }
                    switch block.storage {
                    case .float32:
                        let target = block.address.assumingMemoryBound(to: Float.self) + start * ld + column
                        for i in 0..<count { target[i * ld] = Float(values[i]) }
                    case .float64:
                        let target = block.address.assumingMemoryBound(to: Double.self) + start * ld + column
                        for i in 0..<count { target[i * ld] = values[i] }
                    default: preconditionFailure("no random numbers in \(block.storage)")
                    }
                }
            }
        }
    }
}
