import TensorIR

/// Matrix products and their generalization.
extension Tensor {
    /// NumPy's matmul: the last two axes multiply, those before broadcast, a vector gets an axis that disappears again.
    public func matmul(_ other: Tensor) throws -> Tensor {
        try requireOneModel([other], "matmul")
        return try makeReal("matmul") { graph in
            try other.requireReal("matmul")
            let (left, right) = (type.shape, other.type.shape)
            guard let columns = left.dimensions.last, right.rank > 0, columns == right[Swift.max(0, right.rank - 2)]
            else {
                throw ModelError(.shape, "expected as many columns as rows, found \(self) and \(other)")
            }
            return try graph.matmul(node, other.node)
        }
    }

    /// A sum of products by letters for axes: `einsum("bqd,bkd->bqk", q, k)`. Letters that the result lacks are summed over; an
    /// ellipsis stands for further axes, which broadcast.
    public static func einsum(_ equation: String, _ operands: Tensor...) throws -> Tensor {
        guard let first = operands.first else {
            throw ModelError(.shape, place: "einsum", "expected one operand or more, found none")
        }
        let place = "einsum \(OneLine.quotedName(equation))"
        try first.requireOneModel(operands, place)
        return try first.make(place) { graph in
            for operand in operands { try operand.requireReal(place) }
            let (labels, result) = try EinsumEquation(equation).labels(ranks: operands.map(\.rank))
            return try graph.einsum(operands.map(\.node), labels, broadcastTo: result)
        }
    }
}
