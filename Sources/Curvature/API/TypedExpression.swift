/// An expression whose kind Swift knows: ``LinearOperator``, ``Vector``, ``Block``, ``Scalar`` or ``Prediction``.
///
/// It is an immutable description. Nothing is computed, and no data are read, until a plan that ``compile(_:options:)`` makes of it runs.
/// Sizes are checked as it is written; what does not fit is thrown by `compile`, with the operation and its operands.
public protocol TypedExpression: Sendable, CustomStringConvertible {
    /// The expression itself; for the library.
    var lazy: LazyExpression { get }
    /// From an expression of this kind; for the library.
    init(lazy: LazyExpression)
}

extension TypedExpression {
    /// The expression in the language of the command line, or the error in it.
    public var description: String {
        switch lazy.result {
        case .success(let value): "\(value.expression)"
        case .failure(let error): "error: \(error)"
        }
    }
    /// The same under a name of its own, for explain and for files of results.
    public func named(_ name: String) -> Self {
        var lazy = lazy
        lazy.name = name
        return Self(lazy: lazy)
    }

    /// The sum. Both sides have one size; sums of operators are taken term by term.
    public static func + (left: Self, right: Self) -> Self { sum("'+'", left.lazy, right.lazy) }
    /// The difference.
    public static func - (left: Self, right: Self) -> Self { sum("'-'", left.lazy, (-right).lazy) }
    /// -1 times the operand.
    public static prefix func - (operand: Self) -> Self { -1 * operand }
    /// All of it times a known number, which has to be finite.
    public static func * (scale: Double, operand: Self) -> Self { Scalar(scale) * operand }
    /// All of it times a known number, which has to be finite.
    public static func * (operand: Self, scale: Double) -> Self { Scalar(scale) * operand }
    /// All of it divided by a known number, which must not be 0.
    public static func / (operand: Self, divisor: Double) -> Self { operand / Scalar(divisor) }
    /// All of it times a number that the plan computes.
    public static func * (scale: Scalar, operand: Self) -> Self {
        Self(
            lazy: LazyExpression("'*'", [scale.lazy, operand.lazy]) { operands throws(KindError) in
                try .scaled(by: operands[0], operands[1])
            })
    }
    /// All of it divided by a number that the plan computes.
    public static func / (operand: Self, divisor: Scalar) -> Self {
        Self(
            lazy: LazyExpression("'/'", [operand.lazy, divisor.lazy]) { operands throws(KindError) in
                try .quotient(operands[0], by: operands[1])
            })
    }

    private static func sum(_ subject: String, _ left: LazyExpression, _ right: LazyExpression) -> Self {
        Self(
            lazy: LazyExpression(subject, [left, right], sizing: LazyExpression.sizedAsSum) {
                operands throws(KindError) in
                do throws(KindError) {
                    let pair = try Expression.sum(operands)
                    // a + b + c is one sum, as in the language, and a long chain does not nest deeply.
                    guard case .sum(let terms) = operands[0].node else { return pair }
                    return try .sum(terms + [operands[1]])
                } catch {
                    var error = error
                    error.subject = subject
                    throw error
                }
            })
    }
}

/// A typed expression that has values: anything but an operator, which is applied to a vector first.
public protocol Requestable: TypedExpression {
    /// What a run gives: a ``VectorValue``, a ``BlockValue``, a ``PredictionValue`` or a `Double`.
    associatedtype Value: Sendable
    /// The value of the request at this place; for the library.
    static func value(in results: Results, at index: Int) -> Value
}
