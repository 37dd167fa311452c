/// A number that a plan computes: the loss, a norm, an inner product; or one that is known.
public struct Scalar: Requestable {
    public let lazy: LazyExpression
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// A known number, which has to be finite.
    public init(_ value: Double) { lazy = LazyExpression { () throws(KindError) in try .number(value) } }

    public static func + (left: Scalar, right: Double) -> Scalar { left + Scalar(right) }
    public static func + (left: Double, right: Scalar) -> Scalar { Scalar(left) + right }
    public static func - (left: Scalar, right: Double) -> Scalar { left - Scalar(right) }
    public static func - (left: Double, right: Scalar) -> Scalar { Scalar(left) - right }
    public static func / (left: Double, right: Scalar) -> Scalar { Scalar(left) / right }

    public static func value(in results: Results, at index: Int) -> Double { results.entries[index].values[0] }
}
