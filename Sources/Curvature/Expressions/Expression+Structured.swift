/// Operators made of blocks of others.
extension Expression {
    /// Some rows and columns of an operator.
    package static func submatrix(
        _ map: Expression, rows: EntrySelection, columns: EntrySelection
    ) throws(KindError) -> Expression {
        guard case .operator(let height, let width) = map.kind else {
            throw KindError("'submatrix'", operand: 0, needs: "an operator", found: "\(map.kind)")
        }
        for (selection, size) in [(rows, height), (columns, width)] {
            if let last = selection.ranges.map(\.upperBound).max(), last > size {
                throw KindError("'submatrix'", needs: "entries of 0:\(size)", found: OneLine.quoted(selection.text))
            }
        }
        return try make(
            .submatrix(map, rows: rows, columns: columns), .operator(rows: rows.count, columns: columns.count))
    }

    /// kron(A, B)[(i, k), (j, l)] = A[i, j] B[k, l]; of more operands likewise, the last index fastest.
    package static func kronecker(_ factors: [Expression]) throws(KindError) -> Expression {
        let sides = try sides(of: factors, "'kron'")
        let (rows, columns) = (product(sides.map(\.rows)), product(sides.map(\.columns)))
        guard let rows, let columns else {
            throw KindError("'kron'", needs: "a product of fewer than 2^62 rows and columns", found: "more")
        }
        return try make(.kronecker(factors), .operator(rows: rows, columns: columns))
    }

    /// Operators along the diagonal, in order.
    package static func blockDiagonal(_ blocks: [Expression]) throws(KindError) -> Expression {
        let sides = try sides(of: blocks, "'block_diagonal'")
        let rows = sides.reduce(0) { $0 + $1.rows }
        let columns = sides.reduce(0) { $0 + $1.columns }
        return try make(.blockDiagonal(blocks), .operator(rows: rows, columns: columns))
    }

    /// U U^T.
    package static func lowRank(_ block: Expression) throws(KindError) -> Expression {
        guard case .block(let rows, _) = block.kind else {
            throw KindError("'low_rank'", operand: 0, needs: "a block", found: "\(block.kind)")
        }
        return try make(.lowRank(block), .operator(rows: rows, columns: rows))
    }

    private static func sides(
        of operands: [Expression], _ subject: String
    ) throws(KindError) -> [(rows: Int, columns: Int)] {
        var sides: [(rows: Int, columns: Int)] = []
        for (index, operand) in operands.enumerated() {
            guard case .operator(let rows, let columns) = operand.kind else {
                let isBlock = if case .block = operand.kind { true } else { false }
                throw KindError(
                    subject, operand: index, needs: "an operator", found: "\(operand.kind)",
                    hint: isBlock ? "dense(M) is a block as an operator" : nil)
            }
            sides.append((rows, columns))
        }
        guard !sides.isEmpty else { throw KindError(subject, needs: "one or more operators", found: "none") }
        return sides
    }

    private static func product(_ sizes: [Int]) -> Int? {
        var product = 1
        for size in sizes {
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            guard !overflows, next < 1 << 62 else { return nil }
            product = next
        }
        return product
    }
}
