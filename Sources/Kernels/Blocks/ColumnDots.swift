import CKernels

/// Inner products of the columns of two row-major blocks: float64 sums whose order follows from the shape alone.
package enum ColumnDots {
    /// Elements of the float64 operand `partials` that `run` needs for blocks of this shape.
    package static func partialCount(rows: Int, columns: Int) -> Int {
        BlockRows(rows: rows, columns: columns).tasks * columns
    }

    /// results[j] = sum over i of x[i, j] y[i, j].
    package static func run(_ x: Operand, _ y: Operand, partials: Operand) -> [Double] {
        precondition(x.sizes == y.sizes, "inner products of sizes \(x.sizes) and \(y.sizes)")
        let columns = x.sizes[1]
        let split = BlockRows(rows: x.sizes[0], columns: columns)
        precondition(
            partials.storage == .float64 && partials.count >= split.tasks * columns, "room for \(partials.count) sums")
        let (ldx, ldy) = (x.leadingStride, y.leadingStride)
        let sums = partials.address.assumingMemoryBound(to: Double.self)
        let dots = ColumnDots.function(x.storage, y.storage)
        let (bytesX, bytesY) = (ldx * x.storage.byteCount, ldy * y.storage.byteCount)
        parallelFor(split.tasks) { task in
            let range = split[task]
            dots(
                x.address + range.lowerBound * bytesX, Int64(ldx), y.address + range.lowerBound * bytesY, Int64(ldy),
                Int64(range.count), Int64(columns), sums + task * columns)
        }
        var results = [Double](repeating: 0, count: columns)
        for task in 0..<split.tasks {
            for column in 0..<columns { results[column] += sums[task * columns + column] }
        }
        return results
    }

    private typealias Dots =
        (
            UnsafeMutableRawPointer, Int64, UnsafeMutableRawPointer, Int64, Int64, Int64, UnsafeMutablePointer<Double>
        ) -> Void

    private static func function(_ x: Storage, _ y: Storage) -> Dots {
        switch (x, y) {
        case (.float32, .float32):
            {
                ck_column_dots_ff(
                    $0.assumingMemoryBound(to: Float.self), $1, $2.assumingMemoryBound(to: Float.self), $3, $4, $5, $6)
            }
        case (.float32, .float64):
            {
                ck_column_dots_fd(
                    $0.assumingMemoryBound(to: Float.self), $1, $2.assumingMemoryBound(to: Double.self), $3, $4, $5, $6)
            }
        case (.float64, .float32):
            {
                ck_column_dots_df(
                    $0.assumingMemoryBound(to: Double.self), $1, $2.assumingMemoryBound(to: Float.self), $3, $4, $5, $6)
            }
        case (.float64, .float64):
            {
                ck_column_dots_dd(
                    $0.assumingMemoryBound(to: Double.self), $1, $2.assumingMemoryBound(to: Double.self), $3, $4, $5,
                    $6)
            }
        default: preconditionFailure("no inner products of \(x) and \(y)")
        }
    }
}
