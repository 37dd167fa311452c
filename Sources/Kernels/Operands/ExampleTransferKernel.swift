/// Moves the rows of one batch between a buffer of the batch, [K] x examples x row, and a whole result or vector,
/// all examples x row x [K]: the axis K leads inside a pass and comes last outside. Where in the whole follows from the run.
package final class ExampleTransferKernel: Kernel {
    package enum Direction { case toBatch, toWhole }
    private let batch: Operand
    private let whole: UnsafeMutableRawPointer
    private let direction: Direction
    private let (columns, examples, row): (Int, Int, Int)
    private let (firstColumn, wholeColumns): (Int, Int)
    package let matmulFlops = 0
    package let flops = 0

    /// - Parameters:
    ///   - columns: K; 1 where the batch has no such axis.
    ///   - examples: of the batch.
    ///   - firstColumn, wholeColumns: Where the batch's columns lie in the whole's; the whole has as many if `wholeColumns` is nil.
    package init(
        batch: Operand, whole: Operand, direction: Direction, columns: Int, examples: Int, firstColumn: Int = 0,
        wholeColumns: Int? = nil
    ) {
        precondition(batch.isContiguous && whole.isContiguous && batch.storage == whole.storage)
        (self.batch, self.whole, self.direction) = (batch, whole.address, direction)
        (self.columns, self.examples) = (columns, examples)
        (self.firstColumn, self.wholeColumns) = (firstColumn, wholeColumns ?? columns)
        row = columns * examples == 0 ? 0 : batch.count / (columns * examples)
    }

    package func run(_ state: RunState) {
        let bytes = batch.storage.byteCount
        let count = examples * row
        let start = whole + (state.firstExample * row * wholeColumns + firstColumn) * bytes
        if wholeColumns == 1 {
            if direction == .toBatch {
                batch.address.copyMemory(from: start, byteCount: count * bytes)
            } else {
                start.copyMemory(from: batch.address, byteCount: count * bytes)
            }
        } else if bytes == 4 {
            transfer(start, UInt32.self, count)
        } else {
            transfer(start, UInt64.self, count)
        }
    }

    private func transfer<Bits>(_ start: UnsafeMutableRawPointer, _ type: Bits.Type, _ count: Int) {
        let inner = batch.address.assumingMemoryBound(to: type)
        let outer = start.assumingMemoryBound(to: type)
        for index in 0..<count {
            for column in 0..<columns {
                if direction == .toBatch {
                    inner[column * count + index] = outer[index * wholeColumns + column]
                } else {
                    outer[index * wholeColumns + column] = inner[column * count + index]
                }
            }
        }
    }
}
