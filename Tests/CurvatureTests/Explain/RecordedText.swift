import Foundation
import Testing

/// Compares a text with the one recorded under Tests/Fixtures/plans. One that is recorded now fails once, so that somebody reads it;
/// CURVATURE_RECORD=1 records those that differ.
func expectRecorded(_ text: String, as name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/plans")
    let file = folder.appendingPathComponent(name + ".txt")
    let recorded = try? String(contentsOf: file, encoding: .utf8)
    if recorded == text + "\n" { return }
    guard let recorded, ProcessInfo.processInfo.environment["CURVATURE_RECORD"] != "1" else {
        try Data((text + "\n").utf8).write(to: file)
        Issue.record("recorded \(name).txt; read it, and run the tests again")
        return
    }
    let (old, new) = (
        recorded.split(separator: "\n", omittingEmptySubsequences: false),
        (text + "\n").split(separator: "\n", omittingEmptySubsequences: false)
    )
    let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
    func shown(_ lines: [Substring]) -> String { line < lines.count ? "'\(lines[line])'" : "no line" }
    Issue.record(
        "\(name).txt, line \(line + 1): expected \(shown(old)), found \(shown(new)); CURVATURE_RECORD=1 records it anew"
    )
}
