import Foundation
import Testing

/// A run that is killed leaves the results as they were, and runs at the same time do not meet.
///
/// These tests start the command as a process of its own: only that can be killed.
@Suite final class InterruptionTests {
    private let folder: URL
    private var output: URL { folder.appendingPathComponent("results.safetensors") }
    private static let requests = ["H = materialize(hessian)", "G = materialize(ggn)", "Hv = hessian @ gradient"]

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("interrupted-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The command, which is built beside the tests.
    private func start(_ requests: [String], output: URL) throws -> Process {
        let tests = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).resolvingSymlinksInPath()
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("curvature")
        process.arguments = ["eval"] + requests + ErrorLineTests.problem + ["--output", output.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func finish(_ process: Process) {
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }

    private var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    @Test func aKilledRunLeavesTheOldResults() throws {
        finish(try start(["loss"], output: output))
        let old = try Data(contentsOf: output)
        let clock = ContinuousClock()
        let began = clock.now
        let other = folder.appendingPathComponent("other")
        finish(try start(Self.requests, output: other))
        var whole = (clock.now - began) / .seconds(1)
        let new = try Data(contentsOf: other)
        try FileManager.default.removeItem(at: other)
        var wasKilled = 0
        for round in 1...12 {
            try old.write(to: output)
            let process = try start(Self.requests, output: output)
            // Most of them near the end, where results are written.
            Thread.sleep(forTimeInterval: whole * (0.4 + 0.05 * Double(round)))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if process.terminationReason == .uncaughtSignal {
                wasKilled += 1
            } else {
                // It had ended: what it was measured by was busier than now.
                whole *= 0.7
            }
            let found = try Data(contentsOf: output)
            #expect(found == old || found == new, "round \(round): \(found.count) bytes")
            #if os(Linux)
                // Elsewhere a temporary file may stay behind, under a name that says so.
                #expect(try contents == ["results.safetensors"], "round \(round)")
            #endif
        }
        #expect(wasKilled > 0)
    }

    @Test func runsAtTheSameTime() throws {
        let first = try start(Self.requests, output: output)
        let second = try start(Self.requests, output: output)
        let third = try start(Self.requests, output: folder.appendingPathComponent("third"))
        for process in [first, second, third] { finish(process) }
        #expect(try contents == ["results.safetensors", "third"])
        #expect(try Data(contentsOf: output) == Data(contentsOf: folder.appendingPathComponent("third")))
    }
}
