/// Vectors side by side, (n, k) row-major. An operator takes all of them at once.
public struct Block: Requestable {
    public let lazy: LazyExpression
    /// From an expression of this kind; for the library.
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// The Frobenius norm.
    public var norm: Scalar {
        Scalar(lazy: LazyExpression("'norm'", [lazy]) { operands throws(KindError) in try .norm(operands[0]) })
    }
    /// All entries times a number that a plan computes.
    public static func * (operand: Block, scale: Scalar) -> Block { scale * operand }

    /// The value of the request at this place; for the library.
    public static func value(in results: Results, at index: Int) -> BlockValue {
        BlockValue(array: ResultArray(results, at: index))
    }
}
