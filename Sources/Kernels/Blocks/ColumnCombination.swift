import CKernels

/// y = x diag(a) + y diag(b) for row-major blocks: each column has coefficients of its own. Storages may differ; arithmetic
/// is in float64. What has the coefficient 0 is not looked at, so that `y` may be uninitialized where b is 0.
package enum ColumnCombination {
    package static func run(_ a: [Double], _ x: Operand, _ b: [Double], _ y: Operand) {
        precondition(x.sizes == y.sizes, "a combination of sizes \(x.sizes) and \(y.sizes)")
        let columns = x.sizes[1]
        precondition(a.count == columns && b.count == columns, "\(a.count), \(b.count) coefficients of \(columns)")
        let split = BlockRows(rows: x.sizes[0], columns: columns)
        let (ldx, ldy) = (x.leadingStride, y.leadingStride)
        let (bytesX, bytesY) = (ldx * x.storage.byteCount, ldy * y.storage.byteCount)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                // Copies of the pointers: closures that run on several threads hold values only.
                let (a, b) = (a.baseAddress, b.baseAddress)
                guard let a, let b else { return }
                parallelFor(split.tasks) { task in
                    let range = split[task]
                    let (p, q) = (x.address + range.lowerBound * bytesX, y.address + range.lowerBound * bytesY)
                    let (rows, columns) = (Int64(range.count), Int64(columns))
                    switch (x.storage, y.storage) {
                    case (.float32, .float32):
                        ck_column_combine_ff(
                            a, p.assumingMemoryBound(to: Float.self), Int64(ldx), b,
                            q.assumingMemoryBound(to: Float.self), Int64(ldy), rows, columns)
                    case (.float32, .float64):
                        ck_column_combine_fd(
                            a, p.assumingMemoryBound(to: Float.self), Int64(ldx), b,
                            q.assumingMemoryBound(to: Double.self), Int64(ldy), rows, columns)
                    case (.float64, .float32):
                        ck_column_combine_df(
                            a, p.assumingMemoryBound(to: Double.self), Int64(ldx), b,
                            q.assumingMemoryBound(to: Float.self), Int64(ldy), rows, columns)
                    case (.float64, .float64):
                        ck_column_combine_dd(
                            a, p.assumingMemoryBound(to: Double.self), Int64(ldx), b,
                            q.assumingMemoryBound(to: Double.self), Int64(ldy), rows, columns)
                    default: preconditionFailure("no combinations of \(x.storage) and \(y.storage)")
                    }
                }
            }
        }
    }

    /// y = x, converted where storages differ.
    package static func copy(_ x: Operand, to y: Operand) {
        run(Array(repeating: 1, count: x.sizes[1]), x, Array(repeating: 0, count: x.sizes[1]), y)
    }

    /// y = 0.
    package static func clear(_ y: Operand) {
        let zeros = [Double](repeating: 0, count: y.sizes[1])
        run(zeros, y, zeros, y)
    }
}
