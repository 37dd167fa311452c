/// A linear map, such as the Hessian: summed, scaled, composed and applied without ever being a matrix.
///
///     let A = 2 * problem.hessian - 0.5 * problem.ggn + 0.1 * .identity
///     let Av = A * v
///
/// A sum of operators applied to one vector costs what the dearest of them costs, and the same operator on several vectors
/// shares everything that does not depend on the vector. See Dangel et al. 2025, arXiv:2501.19183.
public struct LinearOperator: TypedExpression {
    public let lazy: LazyExpression
    /// From an expression of this kind; for the library.
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// The identity, of the size of what it is added to, composed with or applied to.
    public static var identity: LinearOperator {
        LinearOperator(lazy: LazyExpression(.identity(1), hasFreeSize: true))
    }
    /// n x n, a vector of n entries on the diagonal.
    public static func diagonal(_ vector: Vector) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'diagonal'", [vector.lazy]) { operands throws(KindError) in try .diagonal(operands[0])
            })
    }
    /// n x k, a block (n, k) as the matrix it is.
    public static func dense(_ block: Block) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'dense'", [block.lazy]) { operands throws(KindError) in try .dense(operands[0]) })
    }

    /// The transpose. Symmetric operators are known as such, and cost nothing more.
    public var transposed: LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'transposed'", [lazy]) { operands throws(KindError) in try .transpose(operands[0]) })
    }

    /// The composition, `left` after `right`.
    public static func * (left: LinearOperator, right: LinearOperator) -> LinearOperator {
        LinearOperator(lazy: left.applied(to: right.lazy))
    }
    /// The operator applied to a vector.
    public static func * (map: LinearOperator, vector: Vector) -> Vector { Vector(lazy: map.applied(to: vector.lazy)) }
    /// The operator applied to each column of a block, all in one pass.
    public static func * (map: LinearOperator, block: Block) -> Block { Block(lazy: map.applied(to: block.lazy)) }
    /// The operator times a number that a plan computes.
    public static func * (operand: LinearOperator, scale: Scalar) -> LinearOperator { scale * operand }

    private func applied(to operand: LazyExpression) -> LazyExpression {
        LazyExpression("'*'", [lazy, operand], sizing: LazyExpression.sizedAsProduct) { operands throws(KindError) in
            try .applied(operands[0], operands[1])
        }
    }
}
