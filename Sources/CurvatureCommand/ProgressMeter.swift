import Curvature
import Foundation

/// How far a run is, on standard error, where someone looks at it.
final class ProgressMeter {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    private var text = ProgressText()
    private var width = 0

    init(isForced: Bool) { isShown = isForced || isatty(FileHandle.standardError.fileDescriptor) == 1 }

    func update(_ progress: RunProgress) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let elapsed = seconds(now - start)
        text.take(progress, at: elapsed)
        // Ten times a second is enough, and a run that is over at once says nothing.
        guard now - lastShown > .milliseconds(100) else { return }
        lastShown = now
        let line = text.line(at: elapsed)
        let padding = String(repeating: " ", count: max(0, width - line.count))
        width = line.count
        write("\r" + line + padding)
    }

    func finish() { if width > 0 { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
    private func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
