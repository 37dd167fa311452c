/// A vector: of D entries in parameter space, the selected parameters one after the other, each row-major; or of N*T*C entries in output space.
public struct Vector: Requestable {
    public let lazy: LazyExpression
    /// From an expression of this kind; for the library.
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// The Euclidean norm.
    public var norm: Scalar {
        Scalar(lazy: LazyExpression("'norm'", [lazy]) { operands throws(KindError) in try .norm(operands[0]) })
    }
    /// The inner product with a vector of as many entries.
    public func dot(_ other: Vector) -> Scalar {
        Scalar(
            lazy: LazyExpression("'dot'", [lazy, other.lazy]) { operands throws(KindError) in
                try .dot(operands[0], operands[1])
            })
    }
    /// All entries times a number that a plan computes.
    public static func * (operand: Vector, scale: Scalar) -> Vector { scale * operand }

    /// The value of the request at this place; for the library.
    public static func value(in results: Results, at index: Int) -> VectorValue {
        VectorValue(array: ResultArray(results, at: index))
    }
}
