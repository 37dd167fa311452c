import Foundation
import Safetensors

/// A folder of one test, removed with it.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        // Without the hint, names relative to this folder would be taken relative to the one around it.
        url = FileManager.default.temporaryDirectory.appending(
            path: "safetensors-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// What the folder holds, also what is hidden.
    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }

    /// Writes `bytes` as a file whose name in errors is the bare `name`.
    func file(_ name: String, _ bytes: [UInt8]) throws -> URL {
        let file = URL(filePath: name, relativeTo: url)
        try Data(bytes).write(to: file)
        return file
    }
}

/// The bytes of a file with this header and data, right or wrong.
func fileBytes(header: String, data: [UInt8] = []) -> [UInt8] {
    fileBytes(header: Array(header.utf8), data: data)
}

func fileBytes(header: [UInt8], data: [UInt8] = []) -> [UInt8] {
    littleEndian(UInt64(header.count)) + header + data
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
}

/// Elements of any type as stored bytes.
func stored<Element: BitwiseCopyable>(_ elements: [Element]) -> [UInt8] {
    elements.withUnsafeBytes(Array.init)
}

extension SafetensorsTensor {
    /// A tensor whose elements are stored as `stored`.
    init(name: String, dtype: SafetensorsDType, shape: [Int], stored: [UInt8]) {
        self.init(name: name, dtype: dtype, shape: shape) { write in try write(stored.span.bytes) }
    }
}

/// Random numbers that are the same in every run (the SplitMix64 sequence).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
