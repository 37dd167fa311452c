import Foundation
import Testing

@testable import Safetensors

/// Whatever a file holds, opening it either throws or gives tensors that can be read to their last byte.
@Suite struct HostileInputTests {
    private let folder: TemporaryFolder
    private let valid: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        let url = folder.url.appending(path: "valid.safetensors")
        try SafetensorsWriter.write(
            [
                SafetensorsTensor(name: "weight", shape: [2, 3], values: [1, 2, 3, 4, 5, 6] as [Float]),
                SafetensorsTensor(name: "labels", shape: [2], values: [1, 2] as [Int64]),
                SafetensorsTensor(name: "scale", shape: [], values: [0.5]),
                SafetensorsTensor(name: "mask", dtype: .bool, shape: [3], stored: [1, 0, 1]),
                SafetensorsTensor(name: "none", shape: [0, 2], values: [] as [Float]),
            ], metadata: ["format": "pt"], to: url)
        valid = try Array(Data(contentsOf: url))
    }

    /// Opens the file and reads all of it.
    ///
    /// - Returns: whether it was accepted.
    private func isAccepted(_ bytes: [UInt8]) throws -> Bool {
        // One file, rewritten: Foundation flushes every new one to the disk, which takes longer than all the rest.
        let url = folder.url.appending(path: "hostile.safetensors")
        if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
        let handle = try FileHandle(forWritingTo: url)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
        do {
            let file = try SafetensorsFile(contentsOf: url)
            for entry in file.entries {
                _ = try file.values(of: entry.name, as: Double.self)
                _ = try file.values(of: entry.name, as: Float.self)
                if !entry.dtype.isFloatingPoint { _ = try file.values(of: entry.name, as: Int64.self) }
            }
            return true
        } catch {
            #expect(!error.description.contains { $0.isNewline })
            return false
        }
    }

    @Test func everyTruncationIsAnError() throws {
        #expect(try isAccepted(valid))
        for count in 0..<valid.count {
            #expect(try !isAccepted(Array(valid[..<count])), "after \(count) bytes")
        }
    }

    @Test func mutationsNeverTrap() throws {
        let seed: UInt64 = 20_240_607
        var generator = SeededGenerator(state: seed)
        let headerLength = Int(valid[0]) + Int(valid[1]) << 8
        var accepted = 0
        for round in 0..<2000 {
            var header = Array(valid[8..<8 + headerLength])
            var data = Array(valid[(8 + headerLength)...])
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                if Int.random(in: 0..<4, using: &generator) > 0 {
                    mutate(&header, using: &generator)
                } else {
                    mutate(&data, using: &generator)
                }
            }
            var bytes = fileBytes(header: header, data: data)
            if Int.random(in: 0..<8, using: &generator) == 0 { mutate(&bytes, using: &generator) }
            do {
                accepted += try isAccepted(bytes) ? 1 : 0
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)")
            }
        }
        // Other data, names and notes are as good as the old: the loop has not only seen errors.
        #expect((100..<1900).contains(accepted), "\(accepted) of 2000 accepted")
    }

    /// What changes a header's meaning more often than random bytes do.
    private static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "-", "0", "9", ".5", "e9", "null", "true", "\\u0000", "\\", "[[", "{\"a\":",
        "9223372036854775807", "18446744073709551616", "1e999", "F32", "I64", "U64", "data_offsets", "\u{FEFF}", "é",
    ].map { Array($0.utf8) }

    /// Changes, removes, inserts or overwrites something anywhere.
    private func mutate(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        guard let position = bytes.indices.randomElement(using: &generator) else { return }
        let piece = Self.pieces.randomElement(using: &generator)!
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.remove(at: position)
        case 3: bytes.insert(contentsOf: piece, at: position)
        default: bytes.replaceSubrange(position..<min(position + piece.count, bytes.count), with: piece)
        }
    }
}
