import Foundation
import Testing

@testable import CurvatureCommand

/// `--plot`.
@Suite struct PlotOptionTests {
    @Test func spectraAreDrawn() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("spectrum.svg")
        let requests = [
            "loss", "density = spectral_density(ggn, samples=2, points=64)", "eigenvalues(ggn, count=3)",
            "s = singular_values(jacobian, count=2)", "a = density",
        ]
        func draw(_ more: String...) throws -> String {
            try Main.run(["eval"] + requests + ErrorLineTests.problem + ["--plot", file.path] + more)
            return try String(contentsOf: file, encoding: .utf8)
        }
        let image = try draw()
        #expect(image.hasPrefix("<?xml") && image.hasSuffix("</svg>\n"))
        func count(_ part: String) -> Int { image.components(separatedBy: part).count - 1 }
        #expect(count("class=\"density\"") == 2)
        #expect(count("class=\"mark\"") == 5)
        for name in ["density", "eigenvalues(ggn, count=3)", "s", "a"] {
            #expect(image.contains(">\(name)</text>"), "\(name)")
        }
        #expect(image.contains("eigenvalue or singular value") && !image.contains("loss"))
        // The same bits however many threads there are, over the old file.
        #expect(try draw("--threads", "1") == image)
        #expect(try draw("--density-axis", "linear").contains(">density</text>"))
        #expect(try draw("--density-axis", "logarithmic").contains(">density (logarithmic)</text>"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["spectrum.svg"])
    }
}
