/// A number that a plan computes: the loss, a norm, an inner product; or one that is known.
public struct Scalar: Requestable {
    public let lazy: LazyExpression
    /// From an expression of this kind; for the library.
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// A known number, which has to be finite.
    public init(_ value: Double) { lazy = LazyExpression { () throws(KindError) in try .number(value) } }

    /// The sum with a known number, which has to be finite.
    public static func + (left: Scalar, right: Double) -> Scalar { left + Scalar(right) }
    /// The sum with a known number.
    public static func + (left: Double, right: Scalar) -> Scalar { Scalar(left) + right }
    /// The difference from a known number.
    public static func - (left: Scalar, right: Double) -> Scalar { left - Scalar(right) }
    /// What is left of a known number.
    public static func - (left: Double, right: Scalar) -> Scalar { Scalar(left) - right }
    /// A known number over one that a plan computes.
    public static func / (left: Double, right: Scalar) -> Scalar { Scalar(left) / right }

    /// The value of the request at this place; for the library.
    public static func value(in results: Results, at index: Int) -> Double { results.entries[index].values[0] }
}
