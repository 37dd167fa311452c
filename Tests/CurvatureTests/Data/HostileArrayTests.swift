import Foundation
import Testing

@testable import Curvature

/// Arrays and archives that say of themselves what cannot be.
@Suite final class HostileArrayTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("arrays-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    /// An array as NumPy stores it, right or wrong.
    static func array(shape: String, type: String = "<f4", bytes: Int = 0, length: Int? = nil) -> [UInt8] {
        let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }\n"
        let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]
        return magic + littleEndian(UInt16(length ?? text.utf8.count)) + Array(text.utf8)
            + [UInt8](repeating: 0, count: bytes)
    }

    /// What a directory says of one member.
    struct Member {
        var name = "a.npy"
        var size: UInt32 = 0
        var offset: UInt32 = 0
        var extra: [UInt8] = []
    }
    /// An archive of one file's bytes, with any directory.
    static func archive(_ bytes: [UInt8], _ members: [Member], count: UInt16? = nil, start: UInt32? = nil) -> [UInt8] {
        let name = Array("a.npy".utf8)
        var file = littleEndian(UInt32(0x0403_4b50)) + [UInt8](repeating: 0, count: 22)
        file += littleEndian(UInt16(name.count)) + [0, 0] + name + bytes
        let directory = file.count
        for member in members {
            file += littleEndian(UInt32(0x0201_4b50)) + [UInt8](repeating: 0, count: 16)
            file += littleEndian(member.size) + littleEndian(member.size)
            file += littleEndian(UInt16(member.name.utf8.count)) + littleEndian(UInt16(member.extra.count))
            file += [UInt8](repeating: 0, count: 10) + littleEndian(member.offset)
            file += Array(member.name.utf8) + member.extra
        }
        file += littleEndian(UInt32(0x0605_4b50)) + [0, 0, 0, 0] + littleEndian(count ?? UInt16(members.count))
        file += littleEndian(count ?? UInt16(members.count)) + littleEndian(UInt32(file.count - directory))
        return file + littleEndian(start ?? UInt32(directory)) + [0, 0]
    }

    private func error(_ bytes: [UInt8], as name: String) throws -> String {
        let url = URL(fileURLWithPath: name, relativeTo: folder)
        try Data(bytes).write(to: url)
        do {
            let source = try NumPySource(url)
            for (name, tensor) in source.tensors {
                _ = try DataFileTests.values(source, name, count: tensor.shape.reduce(1, *))
            }
            return "no error"
        } catch let error as ProblemError {
            return error.message.replacingOccurrences(of: folder.path + "/", with: "")
        }
    }

    @Test func shapesOfArrays() throws {
        func error(_ shape: String, bytes: Int = 0) throws -> String {
            try self.error(Self.array(shape: shape, bytes: bytes), as: "a.npy")
        }
        #expect(try error("2, 3", bytes: 24) == "no error")
        #expect(try error("0, 3") == "no error")
        let large = "4611686018427387904"
        for shape in ["\(large), 4", "0, \(large), \(large)", "\(large), \(large), 0"] {
            #expect(try error(shape).hasSuffix("is too large"), "\(shape)")
        }
        for shape in ["99999999999999999999", "-1", "1.5", "x", "1e3"] {
            #expect(try error(shape).hasSuffix("its shape cannot be read"), "\(shape)")
        }
        #expect(try error("1099511627776").hasSuffix("takes 4398046511104 bytes, found 0"))
        #expect(
            try self.error(Self.array(shape: "1", length: 65535), as: "a.npy").contains("its header is cut off"))
    }

    @Test func directories() throws {
        let array = Self.array(shape: "2", bytes: 8)
        func error(_ members: [Member], count: UInt16? = nil, start: UInt32? = nil) throws -> String {
            try self.error(Self.archive(array, members, count: count, start: start), as: "a.npz")
        }
        let size = UInt32(array.count)
        #expect(try error([Member(size: size)]) == "no error")
        #expect(try error([Member(size: size), Member(size: size)]).contains("two arrays are named 'a'"))
        // Members that share their bytes are two names of one array.
        #expect(try error([Member(size: size), Member(name: "b.npy", size: size)]) == "no error")
        #expect(try error([Member(size: .max - 1)]).contains("is cut off"))
        #expect(try error([Member(size: size, offset: .max - 1)]).contains("is damaged"))
        #expect(try error([Member(size: size)], count: 0xfffe).contains("directory is damaged"))
        #expect(try error([Member(size: size)], start: .max - 1).contains("directory is damaged"))
        #expect(try error([Member(size: size)], start: .max).contains("directory is damaged"))
        // Sizes of 64 bits, negative ones included.
        for large: UInt64 in [.max, 1 << 63, 1 << 62] {
            let extra = Self.littleEndian(UInt16(1)) + Self.littleEndian(UInt16(24))
            let numbers = [large, large, large].flatMap(Self.littleEndian)
            let member = Member(size: .max, offset: .max, extra: extra + numbers)
            #expect(try error([member]).contains("is damaged"), "\(large)")
        }
    }

    /// Without elements, a file may have any number of examples.
    @Test func examplesOfNothing() throws {
        let url = folder.appendingPathComponent("a.npy")
        try Data(Self.array(shape: "\(Int.max), 0", type: "|i1")).write(to: url)
        let source = try NumPySource(url)
        let error = #expect(throws: ProblemError.self) { try JoinedSource([source, source]) }
        #expect(error?.message.hasSuffix("'a' has too many examples") == true)
    }

    @Test func arraysInMemory() {
        for shape in [[Int.max, Int.max], [0, Int.max, Int.max], [Int.max, 2], [-1]] {
            let error = #expect(throws: ProblemError.self) { try HostArray([] as [Double], shape: shape) }
            #expect(error?.message == "an array: expected a shape that fits memory, found \(shape)")
        }
    }
}
