/// scale * U U^T + shift * identity.
struct ShiftedLowRank {
    /// U, (n, k).
    var block: Expression
    var scale: Double
    var shift: Double

    /// scale * U^T U + shift * identity, (k, k): what has to be inverted in place of the whole (Woodbury). nil where U is no taller than
    /// wide, and nothing is gained.
    var capacitance: Expression? {
        guard case .block(let rows, let columns) = block.kind, columns < rows else { return nil }
        return try? .sum([
            .scaled(by: .number(scale), .applied(.transpose(.dense(block)), .dense(block))),
            .scaled(by: .number(shift), .identity(columns)),
        ])
    }
}

extension Expression {
    /// An operator of this form with numbers as scale and shift, neither of them 0.
    var shiftedLowRank: ShiftedLowRank? {
        guard let (map, scale, shift) = shifted, case .lowRank(let block) = map.node else { return nil }
        return ShiftedLowRank(block: block, scale: scale, shift: shift)
    }
}
