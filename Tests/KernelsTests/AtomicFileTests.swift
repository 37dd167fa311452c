import Foundation
import Kernels
import Testing

@Suite final class AtomicFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "atomic-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    private func append(_ text: String, to file: inout AtomicFile) throws {
        let bytes = Array(text.utf8)
        try file.append(bytes.span.bytes)
    }

    private func write(_ text: String, to path: String) throws {
        var file = try AtomicFile(path: path)
        try append(text, to: &file)
        try file.commit()
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func theFileAppearsWithTheCommit() throws {
        var file = try AtomicFile(path: path("a"))
        try append("one ", to: &file)
        #expect(!FileManager.default.fileExists(atPath: path("a")))
        try append("", to: &file)
        try append("text", to: &file)
        try file.commit()
        #expect(try text(path("a")) == "one text")
        #expect(try contents == ["a"])
    }

    @Test func withoutACommitTheOldFileStays() throws {
        try write("old", to: path("a"))
        do {
            var file = try AtomicFile(path: path("a"))
            try append("new", to: &file)
            // On Linux the temporary file has no name.
            #expect(try (1...2).contains(contents.count))
        }
        #expect(try contents == ["a"])
        #expect(try text(path("a")) == "old")
        try write("new", to: path("a"))
        #expect(try text(path("a")) == "new")
    }

    @Test func linksAndPermissionsStay() throws {
        try write("old", to: path("real"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path("real"))
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: path("real"))
        try write("new", to: path("link"))
        #expect(try text(path("real")) == "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == path("real"))
        let attributes = try FileManager.default.attributesOfItem(atPath: path("real"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func aNameMayBeAsLongAsTheSystemAllows() throws {
        let name = String(repeating: "n", count: 255)
        try write("x", to: path(name))
        #expect(try contents == [name])
    }

    @Test func whatIsNoFileIsAnError() throws {
        #expect(throws: FileError.self) { try AtomicFile(path: self.path("no/such")).commit() }
        let device = try #require(throws: FileError.self) { try AtomicFile(path: "/dev/null").commit() }
        #expect(
            device.description == "/dev/null: expected a file to write, found a pipe or a device; give another path")
        #expect(try contents == [])
    }
}
