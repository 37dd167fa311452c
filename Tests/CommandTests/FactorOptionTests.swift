import Foundation
import Testing

@testable import CurvatureCommand

/// `--save-factors` and `--load-factors`.
@Suite struct FactorOptionTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    private func path(_ name: String) -> String { folder.appendingPathComponent(name + ".safetensors").path }

    @Test func loadedFactorsGiveTheSameResults() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let requests = ["x = inverse(ekfac(fisher=type2), damping=0.1) @ v", "t = trace(kfoc(fisher=type2))"]
        func run(_ options: String...) throws { try Main.run(["eval"] + requests + ErrorLineTests.problem + options) }
        try run("--save-factors", path("factors"), "--output", path("first"))
        try run("--load-factors", path("factors"), "--output", path("second"))
        let first = try Data(contentsOf: URL(fileURLWithPath: path("first")))
        #expect(try first == Data(contentsOf: URL(fileURLWithPath: path("second"))))

        do {
            try Main.run(
                ["eval", "kfac(fisher=empirical) @ v"] + ErrorLineTests.problem + ["--load-factors", path("factors")])
            Issue.record("factors of other options were taken")
        } catch {
            let failure = Failure(error)
            #expect(failure.status == 2)
            #expect(
                failure.line
                    == "error: \(path("factors")): expected the factors of kfac(fisher=empirical), found those of ekfac(fisher=type2), kfac(fisher=type2), kfoc(fisher=type2); save them again"
            )
        }
    }
}
