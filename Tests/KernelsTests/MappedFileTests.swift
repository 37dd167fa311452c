import Foundation
import Kernels
import Testing

@Suite struct MappedFileTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "mapped-\(UUID().uuidString)").path

    private func contents(_ file: MappedFile) -> Data {
        file.withBytes(in: 0..<file.bytes.count) { $0.withUnsafeBytes { Data($0) } }
    }

    @Test func bytesAreTheFiles() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let expected = Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0 * 7) })
        try expected.write(to: URL(filePath: path))
        let file = try MappedFile(path: path)
        #expect(contents(file) == expected)
        #expect(file.withBytes(in: 5000..<5003) { $0.withUnsafeBytes(Array.init) } == Array(expected[5000..<5003]))
    }

    @Test func anEmptyFileHasNoBytes() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data().write(to: URL(filePath: path))
        let file = try MappedFile(path: path)
        #expect(file.bytes.count == 0)
        #expect(file.withBytes(in: 0..<0) { $0.byteCount } == 0)
    }

    @Test func aFileThatIsReplacedStaysMapped() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("old".utf8).write(to: URL(filePath: path))
        let file = try MappedFile(path: path)
        var replacement = try AtomicFile(path: path)
        let bytes = Array("new one".utf8)
        try replacement.append(bytes.span.bytes)
        try replacement.commit()
        #expect(contents(file) == Data("old".utf8))
        #expect(try contents(MappedFile(path: path)) == Data("new one".utf8))
    }

    @Test func whatIsNoFileIsAnError() throws {
        let missing = try #require(throws: FileError.self) { try MappedFile(path: path) }
        #expect(
            missing.description
                == "\(path): cannot be opened: No such file or directory; check the path and its permissions")
        let folder = try #require(throws: FileError.self) { try MappedFile(path: "/") }
        #expect(folder.description == "/: expected a file, found a folder; give the path of a file on disk")
        let device = try #require(throws: FileError.self) { try MappedFile(path: "/dev/null") }
        #expect(device.message == "expected a file, found a pipe or a device; give the path of a file on disk")
    }
}
