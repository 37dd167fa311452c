/// For each index of an example's, the first position of the example that has the same index.
package final class FirstOccurrenceKernel: Kernel {
    private let indices, output: Operand
    private let rows: Int
    private let capacity: Int
    private let scratch: Scratch
    package let matmulFlops = 0
    package let flops = 0

    /// - Parameters:
    ///   - indices: int64, (examples, positions), contiguous as the output. A negative one counts from the end of `rows`.
    package init(_ indices: Operand, rows: Int, output: Operand) {
        for operand in [indices, output] {
            precondition(operand.storage == .int64 && operand.isContiguous && operand.rank == 2)
        }
        (self.indices, self.output, self.rows) = (indices, output, rows)
        capacity = Self.capacity(positions: indices.sizes[1])
        scratch = Scratch(byteCount: capacity * 8, tasks: indices.sizes[0])
    }

    /// Of a hash table that is at most half full.
    private static func capacity(positions: Int) -> Int {
        1 << (Int.bitWidth - max(1, 2 * positions - 1).leadingZeroBitCount)
    }
    package static func scratchBytes(positions: Int) -> Int { 8 * capacity(positions: positions) }

    package func run(_ state: RunState) {
        let positions = indices.sizes[1]
        parallelFor(positions == 0 ? 0 : indices.sizes[0]) { example in
            let own = indices.address.assumingMemoryBound(to: Int64.self) + example * positions
            let target = output.address.assumingMemoryBound(to: Int64.self) + example * positions
            func row(_ position: Int) -> Int64 { own[position] < 0 ? own[position] &+ Int64(rows) : own[position] }
            scratch.withBlock { block in
                // Positions, found by their rows.
                let table = block.assumingMemoryBound(to: Int.self)
                table.update(repeating: -1, count: capacity)
                for position in 0..<positions {
                    var slot = Int(
                        truncatingIfNeeded: (UInt64(bitPattern: row(position)) &* 0x9E37_79B9_7F4A_7C15) >> 32)
                    slot &= capacity - 1
                    while table[slot] >= 0, row(table[slot]) != row(position) { slot = (slot + 1) & (capacity - 1) }
                    if table[slot] < 0 { table[slot] = position }
                    target[position] = Int64(table[slot])
                }
            }
        }
    }
}
