/// The network's predictions for all examples, (N, ..., C).
public struct Prediction: Requestable {
    public let lazy: LazyExpression
    public init(lazy: LazyExpression) { self.lazy = lazy }

    public static func value(in results: Results, at index: Int) -> PredictionValue {
        PredictionValue(array: ResultArray(results, at: index))
    }
}
