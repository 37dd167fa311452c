import Curvature

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How long an iteration will go on, from how fast it has gone so far and how far it has come.
///
/// Its clock is whoever calls it: nothing here reads the time.
struct IterationForecast {
    private struct Observation {
        var number: Int
        var measure: Double
        var seconds: Double
    }
    /// Of the iteration that runs now, oldest first.
    private var observations: [Observation] = []
    private var goal = IterationProgress.Goal.open

    /// What is remembered; half of it is forgotten where it is full.
    private static let room = 1024
    /// A slope through fewer says nothing.
    private static let fewest = 6

    /// Takes in a report that came at this time, by a clock that runs evenly. A number that does not go on from the last one, or another goal, is the
    /// start of another iteration.
    mutating func observe(_ progress: IterationProgress, at seconds: Double) {
        if let last = observations.last, progress.number <= last.number || progress.goal != goal { observations = [] }
        if observations.count == Self.room { observations.removeFirst(Self.room / 2) }
        goal = progress.goal
        observations.append(Observation(number: progress.number, measure: progress.measure, seconds: seconds))
    }

    /// Nil where there is no sensible estimate: too early to tell, or the residual does not fall in a way that says where it will end.
    var secondsLeft: Double? {
        // The first report is where the clock starts: what came before it is setting up too.
        guard let first = observations.first, let last = observations.last, last.number > first.number,
            let left = numberLeft(last)
        else { return nil }
        let each = (last.seconds - first.seconds) / Double(last.number - first.number)
        let seconds = each * left
        return seconds.isFinite && seconds >= 0 ? seconds : nil
    }

    private func numberLeft(_ last: Observation) -> Double? {
        switch goal {
        case .open: return nil
        case .total(let total): return Double(max(0, total - last.number))
        case .standardError(let tolerance, let most):
            // It falls with the root of the number of samples.
            guard last.measure.isFinite, last.measure > 0, observations.count >= Self.fewest else { return nil }
            let ratio = last.measure / tolerance
            return bounded(Double(last.number) * max(0, ratio * ratio - 1), last, most)
        case .residual(let tolerance, let most):
            return logarithmLeft(to: tolerance).map { bounded($0, last, most) }
        }
    }

    private func bounded(_ left: Double, _ last: Observation, _ most: Int?) -> Double {
        most.map { min(left, Double(max(0, $0 - last.number))) } ?? left
    }

    /// A line through the residual's logarithm over the later half of what was seen: the rate of the beginning is seldom that of the end, and single
    /// residuals of conjugate gradients go up and down.
    private func logarithmLeft(to tolerance: Double) -> Double? {
        let recent = observations.suffix(max(Self.fewest, observations.count / 2))
            .filter { $0.measure > 0 && $0.measure.isFinite }
        guard recent.count >= Self.fewest, let last = recent.last, let start = recent.first else { return nil }
        let count = Double(recent.count)
        let x = recent.map { Double($0.number - start.number) }
        let y = recent.map { log($0.measure / tolerance) }
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        let squares = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
        let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / squares
        let scatter =
            (zip(x, y).reduce(0) { sum, point in
                let distance = point.1 - meanY - slope * (point.0 - meanX)
                return sum + distance * distance
            } / count).squareRoot()
        // What has fallen must stand out from what goes up and down.
        let extent = Double(last.number - start.number)
        guard -slope * extent > 2 * scatter, -slope * extent > 1e-3 else { return nil }
        let now = meanY + slope * (extent - meanX)
        return max(0, now / -slope)
    }
}
