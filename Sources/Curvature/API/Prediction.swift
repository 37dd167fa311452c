/// The network's predictions for all examples, (N, ..., C).
public struct Prediction: Requestable {
    public let lazy: LazyExpression
    /// From an expression of this kind; for the library.
    public init(lazy: LazyExpression) { self.lazy = lazy }

    /// The value of the request at this place; for the library.
    public static func value(in results: Results, at index: Int) -> PredictionValue {
        PredictionValue(array: ResultArray(results, at: index))
    }
}
