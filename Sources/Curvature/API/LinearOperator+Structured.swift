/// Operators made of blocks of others.
extension LinearOperator {
    /// Rows and columns that belong to parameters, by name or glob ("fc.weight", "layer1.*"), or to a range of entries ("0:100"); several are separated by
    /// commas.
    public func submatrix(rows: String, columns: String) -> LinearOperator {
        let shape = lazy.problem?.shape
        return LinearOperator(
            lazy: LazyExpression("'submatrix'", [lazy]) { operands throws(KindError) in
                guard case .operator(let height, let width) = operands[0].kind, let shape else {
                    throw KindError(
                        "'submatrix'", operand: 0, needs: "an operator of a problem", found: "\(operands[0].kind)")
                }
                return try .submatrix(
                    operands[0], rows: EntrySelection(rows, size: height, shape),
                    columns: EntrySelection(columns, size: width, shape))
            })
    }
    /// The Kronecker product: kron(A, B)[(i, k), (j, l)] = A[i, j] B[k, l].
    public static func kron(_ factors: LinearOperator...) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'kron'", factors.map(\.lazy)) { operands throws(KindError) in
                try .kronecker(operands)
            })
    }
    /// Operators along the diagonal, zeros elsewhere.
    public static func blockDiagonal(_ blocks: LinearOperator...) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'block_diagonal'", blocks.map(\.lazy)) { operands throws(KindError) in
                try .blockDiagonal(operands)
            })
    }
    /// U U^T. The inverse of its sum with a multiple of the identity works in the smaller space (Woodbury).
    public static func lowRank(_ block: Block) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'low_rank'", [block.lazy]) { operands throws(KindError) in try .lowRank(operands[0])
            })
    }
}
