/// Sums over the columns of products of two blocks, element by element, row by row, as estimators of a diagonal need them.
package enum RowMoments {
    /// sums[i] += e, squares[i] += e^2 for e = x[i, j] y[i, j], over all columns j. `sums` and `squares` are (n) of float64.
    package static func add(_ x: Operand, _ y: Operand, sums: Operand, squares: Operand?) {
        precondition(x.sizes == y.sizes && sums.storage == .float64 && sums.count == x.sizes[0])
        let columns = x.sizes[1]
        let split = BlockRows(rows: x.sizes[0], columns: columns)
        let (ldx, ldy) = (x.leadingStride, y.leadingStride)
        let first = sums.address.assumingMemoryBound(to: Double.self)
        let second = squares?.address.assumingMemoryBound(to: Double.self)
        parallelFor(split.tasks) { task in
            for i in split[task] {
                var (sum, square) = (0.0, 0.0)
                for j in 0..<columns {
                    let e = element(x, i * ldx + j) * element(y, i * ldy + j)
                    sum += e
                    square += e * e
                }
                first[i] += sum
                second?[i] += square
            }
        }
    }

    @inline(__always)
    private static func element(_ x: Operand, _ offset: Int) -> Double {
        x.storage == .float32
            ? Double(x.address.assumingMemoryBound(to: Float.self)[offset])
            : x.address.assumingMemoryBound(to: Double.self)[offset]
    }
}
