import CKernels

/// Products of tall blocks with each other and with small matrices, by tiles of rows, for bases of Krylov spaces.
///
/// Blocks are row-major, float32 or float64 each, their rows without gaps, one block may be columns of a wider one. Tiles are
/// converted to float64, so that inner products of float32 vectors accumulate in float64 too. How rows are cut depends on the
/// shapes alone.
package enum BlockProducts {
    private static let rowsOfTile = 256
    /// Tiles that one partial sum of `transposed` takes, at least.
    private static let mostParts = 64

    /// Elements of the float64 operand `partials` that ``transposed(_:_:into:partials:)`` needs.
    package static func partialCount(rows: Int, left: Int, right: Int) -> Int {
        partCount(tileCount(rows)) * left * right
    }

    /// c = x^T y for x (n, p), y (n, q); c (p, q) is contiguous float64.
    package static func transposed(_ x: Operand, _ y: Operand, into c: Operand, partials: Operand) {
        let (rows, p, q) = (x.sizes[0], x.sizes[1], y.sizes[1])
        precondition(y.sizes[0] == rows && c.sizes == [p, q] && c.storage == .float64 && c.isContiguous)
        let tiles = tileCount(rows)
        let parts = partCount(tiles)
        precondition(partials.storage == .float64 && partials.count >= parts * p * q)
        let sums = partials.address.assumingMemoryBound(to: Double.self)
        let result = c.address.assumingMemoryBound(to: Double.self)
        if c.count == 0 { return }
        let scratch = Scratch(byteCount: rowsOfTile * (p + q) * 8, tasks: parts)
        parallelFor(parts) { part in
            let sum = sums + part * p * q
            sum.update(repeating: 0, count: p * q)
            scratch.withBlock { block in
                let left = block.assumingMemoryBound(to: Double.self)
                let right = left + rowsOfTile * p
                for tile in part * tiles / parts..<(part + 1) * tiles / parts {
                    let range = tile * rowsOfTile..<min((tile + 1) * rowsOfTile, rows)
                    let (a, lda) = load(x, range, left)
                    let (b, ldb) = load(y, range, right)
                    BLAS.gemm(
                        .float64, transposeA: true, transposeB: false, m: p, n: q, k: range.count, a: a, lda: lda, b: b,
                        ldb: ldb, beta: 1, c: sum, ldc: q)
                }
            }
        }
        result.update(repeating: 0, count: p * q)
        for part in 0..<parts {
            let sum = sums + part * p * q
            for i in 0..<p * q { result[i] += sum[i] }
        }
    }

    /// y = alpha x c + beta y for x (n, p), c (p, q) float64 with any strides, y (n, q). With beta 0, y is not read; it may lie in
    /// the memory of x, row by row.
    package static func multiply(_ x: Operand, _ c: Operand, alpha: Double = 1, beta: Double = 0, into y: Operand) {
        let (rows, p, q) = (x.sizes[0], x.sizes[1], y.sizes[1])
        precondition(y.sizes[0] == rows && c.sizes == [p, q] && c.storage == .float64)
        precondition(c.strides[1] == 1 || c.strides[0] == 1 || c.count <= 1)
        if y.count == 0 { return }
        let transposeC = c.strides[1] != 1
        let ldc = max(transposeC ? c.strides[1] : c.strides[0], transposeC ? p : q)
        let tiles = tileCount(rows)
        let scratch = Scratch(byteCount: rowsOfTile * (p + q) * 8, tasks: tiles)
        parallelFor(tiles) { tile in
            scratch.withBlock { block in
                let left = block.assumingMemoryBound(to: Double.self)
                let right = left + rowsOfTile * p
                let range = tile * rowsOfTile..<min((tile + 1) * rowsOfTile, rows)
                let (a, lda) = load(x, range, left)
                // The result is put together aside, then stored: y may be part of x.
                let target = dense(right, range.count, q)
                let place = y.rows(range)
                if beta != 0 { ColumnCombination.copyTile(place, to: target) }
                BLAS.gemm(
                    .float64, transposeA: false, transposeB: transposeC, m: range.count, n: q, k: p, alpha: alpha, a: a,
                    lda: lda, b: c.address, ldb: ldc, beta: beta, c: right, ldc: q)
                ColumnCombination.copyTile(target, to: place)
            }
        }
    }

    private static func tileCount(_ rows: Int) -> Int { ceilingQuotient(rows, rowsOfTile) }
    private static func partCount(_ tiles: Int) -> Int { min(max(tiles, 1), mostParts) }

    private static func dense(_ address: UnsafeMutablePointer<Double>, _ rows: Int, _ columns: Int) -> Operand {
        Operand(address: address, storage: .float64, sizes: [rows, columns])
    }

    /// Rows of a block as float64: in place, or converted to `room`.
    private static func load(
        _ x: Operand, _ range: Range<Int>, _ room: UnsafeMutablePointer<Double>
    ) -> (UnsafePointer<Double>, Int) {
        let rows = x.rows(range)
        if x.storage == .float64 {
            return (UnsafePointer(rows.address.assumingMemoryBound(to: Double.self)), max(x.leadingStride, x.sizes[1]))
        }
        ColumnCombination.copyTile(rows, to: dense(room, range.count, x.sizes[1]))
        return (UnsafePointer(room), x.sizes[1])
    }
}

extension ColumnCombination {
    /// y = x, converted where storages differ, on this thread.
    static func copyTile(_ x: Operand, to y: Operand) {
        let (rows, columns) = (x.sizes[0], x.sizes[1])
        let (ldx, ldy) = (x.leadingStride, y.leadingStride)
        switch (x.storage, y.storage) {
        case (.float32, .float64):
            let (from, to) = (
                x.address.assumingMemoryBound(to: Float.self), y.address.assumingMemoryBound(to: Double.self)
            )
            for i in 0..<rows { for j in 0..<columns { to[i * ldy + j] = Double(from[i * ldx + j]) } }
        case (.float64, .float32):
            let (from, to) = (
                x.address.assumingMemoryBound(to: Double.self), y.address.assumingMemoryBound(to: Float.self)
            )
            for i in 0..<rows { for j in 0..<columns { to[i * ldy + j] = Float(from[i * ldx + j]) } }
        case (.float64, .float64):
            let (from, to) = (
                x.address.assumingMemoryBound(to: Double.self), y.address.assumingMemoryBound(to: Double.self)
            )
            for i in 0..<rows { (to + i * ldy).update(from: from + i * ldx, count: columns) }
        default: preconditionFailure("no tiles of \(x.storage) and \(y.storage)")
        }
    }
}
