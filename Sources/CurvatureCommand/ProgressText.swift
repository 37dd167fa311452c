import Curvature
import Foundation

/// What a progress line says: where each iteration is, one within the other, the batches of the pass that runs, and the time left of the outermost of
/// these. Times are whoever calls' own.
struct ProgressText {
    /// By depth.
    private var iterations: [(progress: IterationProgress, forecast: IterationForecast)] = []
    /// The pass that runs now.
    private var batches: (done: Int, total: Int, start: Double)?

    mutating func take(_ progress: RunProgress, at seconds: Double) {
        switch progress {
        case .batch(let done, let total):
            // The first batch is where the clock of a pass starts.
            batches = (done, total, done > 1 ? batches?.start ?? seconds : seconds)
        case .iteration(let progress):
            batches = nil
            iterations.removeSubrange(min(progress.depth + 1, iterations.count)...)
            // One that is around it and has not reported yet says nothing.
            while iterations.count <= progress.depth {
                let silent = IterationProgress(
                    number: 0, measure: .infinity, goal: .open, unit: .iterations, depth: iterations.count)
                iterations.append((silent, IterationForecast()))
            }
            iterations[progress.depth].progress = progress
            iterations[progress.depth].forecast.observe(progress, at: seconds)
        case .iterationEnded(let depth):
            batches = nil
            iterations.removeSubrange(min(depth, iterations.count)...)
        }
    }

    func line(at seconds: Double) -> String {
        var parts = iterations.map(\.progress).filter { $0.number > 0 }.map(\.text)
        if let batches { parts.append("\(batches.done) of \(batches.total) batches") }
        if let left = secondsLeft(at: seconds) { parts.append("about \(Self.duration(left)) left") }
        parts.append(Self.duration(seconds, roundedUp: false))
        return parts.joined(separator: ", ")
    }

    /// Of the outermost iteration, for what is within it ends sooner; of the pass where there is none.
    private func secondsLeft(at seconds: Double) -> Double? {
        if let outermost = iterations.first { return outermost.forecast.secondsLeft }
        guard let batches, batches.done > 1, batches.done < batches.total else { return nil }
        return (seconds - batches.start) / Double(batches.done - 1) * Double(batches.total - batches.done)
    }

    /// As `8 s`, `3 min 20 s`, `2 h 5 min`.
    static func duration(_ seconds: Double, roundedUp: Bool = true) -> String {
        // Of more than a century nobody wants to know the minutes.
        let whole = Int(min(seconds, 4e9).rounded(roundedUp ? .up : .down))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}

extension IterationProgress {
    fileprivate var text: String {
        let count: String
        switch (goal, unit) {
        case (.total(let total), _): count = "\(number) of \(total) \(unit.rawValue)"
        case (_, .iterations): count = "iteration \(number)"
        default: count = "\(number) \(unit.rawValue)"
        }
        // An exact method's measure is what is left to do.
        guard measure.isFinite, unit != .columns else { return count }
        let name = unit == .iterations || isResidual ? "relative residual" : "relative standard error"
        return "\(count), \(name) \(String(format: "%.1e", measure))"
    }
    private var isResidual: Bool { if case .residual = goal { true } else { false } }
}
