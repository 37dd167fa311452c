/// Vectors side by side, (n, k) row-major. An operator takes all of them at once.
public struct Block: Requestable {
    public let lazy: LazyExpression
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// The Frobenius norm.
    public var norm: Scalar {
        Scalar(lazy: LazyExpression("'norm'", [lazy]) { operands throws(KindError) in try .norm(operands[0]) })
    }
    public static func * (operand: Block, scale: Scalar) -> Block { scale * operand }

    public static func value(in results: Results, at index: Int) -> BlockValue {
        BlockValue(array: ResultArray(results, at: index))
    }
}
