/// Mean and variance of numbers that come one by one, without cancellation (Welford 1962).
struct SampleMoments {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / Double(count)
        squares += difference * (value - mean)
    }

    /// Of the mean.
    var standardError: Double {
        count < 2 ? .infinity : (squares / Double(count - 1) / Double(count)).squareRoot()
    }
}
