/// Blocks of unit vectors, by which an operator is taken apart exactly.
package enum UnitBlock {
    /// Column j of `block` (n, k) becomes the unit vector e of number `first + j`, or 0 beyond n.
    package static func fill(_ block: Operand, first: Int) {
        ColumnCombination.clear(block)
        for column in 0..<min(block.sizes[1], block.sizes[0] - first) {
            let place = block.address + offset(block, first + column, column)
            switch block.storage {
            case .float32: place.storeBytes(of: 1, as: Float.self)
            case .float64: place.storeBytes(of: 1, as: Double.self)
            default: preconditionFailure("no unit vectors in \(block.storage)")
            }
        }
    }

    /// Elements (first + j, j) of `block`, as far as there are such rows.
    package static func diagonal(_ block: Operand, first: Int) -> [Double] {
        (0..<min(block.sizes[1], block.sizes[0] - first)).map { column in
            let place = block.address + offset(block, first + column, column)
            switch block.storage {
            case .float32: return Double(place.load(as: Float.self))
            case .float64: return place.load(as: Double.self)
            default: preconditionFailure("no real numbers in \(block.storage)")
            }
        }
    }

    private static func offset(_ block: Operand, _ row: Int, _ column: Int) -> Int {
        (row * block.strides[0] + column * block.strides[1]) * block.storage.byteCount
    }
}
