import TensorIR

extension TensorGraph {
    /// 1 where the column is the output, else 0, of a block's shape (columns, examples, terms, outputs). Compared where it is used:
    /// nothing of outputs x outputs is kept.
    func unitColumns(_ block: Shape) throws -> Node {
        try onDiagonal(block, 0, 3)
    }
    /// The columns of diag(d) for each term of d, (examples, terms, outputs), as a block with the column in front.
    func diagonalColumns(_ d: Node) throws -> Node {
        let block = shape(d).leading(shape(d)[2].inner)
        return try multiply(unitColumns(block), broadcast(d, to: block, axes: [1, 2, 3]))
    }
}
