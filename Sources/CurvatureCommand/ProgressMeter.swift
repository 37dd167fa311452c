import Foundation

/// How far a run is, on standard error, where someone looks at it.
final class ProgressMeter {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var lastShown = ContinuousClock.now
    private var hasWritten = false

    init(isForced: Bool) { isShown = isForced || isatty(FileHandle.standardError.fileDescriptor) == 1 }

    func update(done: Int, total: Int) {
        let now = ContinuousClock.now
        // Ten times a second is enough, and a run that is over at once says nothing.
        guard isShown, now - lastShown > .milliseconds(100) else { return }
        lastShown = now
        let elapsed = seconds(now - start)
        let left = elapsed / Double(done) * Double(total - done)
        write("\r\(done) of \(total) batches, \(Int(elapsed)) s, about \(Int(left.rounded(.up))) s left ")
        hasWritten = true
    }

    func finish() { if hasWritten { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
    private func seconds(_ duration: Duration) -> Double { Double(duration.components.seconds) }
}
