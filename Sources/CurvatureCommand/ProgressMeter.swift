import Curvature
import Foundation

/// How far a run is, on standard error, where someone looks at it.
final class ProgressMeter {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    private var passStart = ContinuousClock.now
    private var width = 0
    /// The iteration that runs now, if one does.
    private var iteration: String?

    init(isForced: Bool) { isShown = isForced || isatty(FileHandle.standardError.fileDescriptor) == 1 }

    func update(_ progress: RunProgress) {
        guard isShown else { return }
        let now = ContinuousClock.now
        var text: String
        switch progress {
        case .batch(let done, let total):
            if done == 1 { passStart = now }
            text = "\(done) of \(total) batches"
            if let iteration { text = "\(iteration), " + text }
            if done > 1, iteration == nil {
                // The first batch is where the clock of this pass starts.
                let left = seconds(now - passStart) / Double(done - 1) * Double(total - done)
                text += ", about \(Int(left.rounded(.up))) s left"
            }
        case .iteration(let number, let residual):
            iteration = "iteration \(number), relative residual \(short(residual))"
            text = iteration!
        }
        // Ten times a second is enough, and a run that is over at once says nothing.
        guard now - lastShown > .milliseconds(100) else { return }
        lastShown = now
        text += ", \(Int(seconds(now - start))) s"
        let padding = String(repeating: " ", count: max(0, width - text.count))
        width = text.count
        write("\r" + text + padding)
    }

    func finish() { if width > 0 { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
    private func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
    private func short(_ value: Double) -> String { String(format: "%.1e", value) }
}
