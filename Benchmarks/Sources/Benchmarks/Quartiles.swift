/// The middle and the spread of a few measurements.
struct Quartiles: Codable, Sendable {
    var lower, median, upper: Double

    /// Between neighbours, the nearer one weighs more (Hyndman and Fan 1996, definition 7).
    init(_ values: [Double]) {
        precondition(!values.isEmpty, "quartiles of nothing")
        let sorted = values.sorted()
        func quantile(_ fraction: Double) -> Double {
            let place = fraction * Double(sorted.count - 1)
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
        }
        (lower, median, upper) = (quantile(0.25), quantile(0.5), quantile(0.75))
    }
}
