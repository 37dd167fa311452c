import Foundation
import Kernels
import Safetensors
import Testing

@testable import Curvature

/// NumPy's files (written by NumPy itself) and several files as one data set.
@Suite struct DataFileTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/numpy")

    static func values(
        _ source: any DataSource, _ name: String, from start: Int = 0, count: Int, _ storage: Storage = .float64
    )
        throws -> [Double]
    {
        let memory = Memory(byteCount: max(1, count) * storage.byteCount)
        defer { withExtendedLifetime(memory) {} }
        let operand = Operand(address: memory.address, storage: storage, sizes: [count])
        try source.read(name, from: start, into: operand)
        return operand.doubles
    }
    static func error(_ file: String) -> String {
        do {
            _ = try NumPySource(folder.appendingPathComponent(file))
            return "no error"
        } catch {
            return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
        }
    }

    @Test func archives() throws {
        let source = try NumPySource(Self.folder.appendingPathComponent("data.npz"))
        #expect(
            source.tensors == [
                "inputs": DataTensor(shape: [3, 2], isInteger: false),
                "targets": DataTensor(shape: [3], isInteger: true),
                "flags": DataTensor(shape: [2], isInteger: true),
            ])
        #expect(try Self.values(source, "inputs", count: 6) == [0, 0.25, 0.5, 0.75, 1, 1.25])
        #expect(try Self.values(source, "inputs", from: 3, count: 2, .float32) == [0.75, 1])
        #expect(try Self.values(source, "targets", from: 1, count: 2, .int64) == [1, 2])
        #expect(throws: ProblemError.self) { try Self.values(source, "inputs", count: 6, .int64) }
    }

    @Test func singleArrays() throws {
        let source = try NumPySource(Self.folder.appendingPathComponent("inputs.npy"))
        #expect(source.tensors == ["inputs": DataTensor(shape: [3, 2], isInteger: false)])
        #expect(try Self.values(source, "inputs", count: 6) == [0, 0.25, 0.5, 0.75, 1, 1.25])
    }

    @Test func whatIsRefused() {
        #expect(
            Self.error("compressed.npz")
                == "compressed.npz: 'inputs.npy' is compressed; save the arrays with numpy.savez, which does not compress"
        )
        #expect(
            Self.error("fortran.npy")
                == "fortran.npy: it is stored column by column; save it with numpy.ascontiguousarray")
        #expect(
            Self.error("big_endian.npy")
                == "big_endian.npy: its numbers are big-endian; save it with .astype(array.dtype.newbyteorder('<'))")
        #expect(
            Self.error("complex.npy")
                == "complex.npy: its elements are '<c8'; expected floating-point numbers, integers or booleans")
    }

    /// Every prefix of a file, and every file with one byte changed, ends in tensors or in one error.
    @Test(arguments: ["data.npz", "inputs.npy"])
    func damagedFiles(name: String) throws {
        let bytes = try Data(contentsOf: Self.folder.appendingPathComponent(name))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func read(_ bytes: Data) throws {
            let url = folder.appendingPathComponent(name)
            try bytes.write(to: url)
            do {
                let source = try NumPySource(url)
                for (name, tensor) in source.tensors {
                    _ = try Self.values(source, name, count: tensor.shape.reduce(1, *))
                }
            } catch let error as ProblemError {
                #expect(!error.message.contains("\n"), "\(error)")
            }
        }
        for length in 0..<bytes.count {
            try read(bytes.prefix(length))
            for change in [UInt8(1), 0x80, 0xff] {
                var changed = bytes
                changed[length] ^= change
                try read(changed)
            }
        }
    }

    @Test func joinedFiles() throws {
        let first = ArraySource(
            ["inputs": ([2, 2], .real([1, 2, 3, 4])), "targets": ([2], .int64([0, 1]))], origin: "a")
        let second = ArraySource(["inputs": ([1, 2], .real([5, 6]))], origin: "b")
        let third = ArraySource(
            ["inputs": ([2, 2], .real([7, 8, 9, 10])), "targets": ([3], .int64([2, 3, 4]))], origin: "c")
        let joined = try JoinedSource([first, second, third])
        #expect(joined.origin == "a, b, c")
        #expect(
            joined.tensors == [
                "inputs": DataTensor(shape: [5, 2], isInteger: false),
                "targets": DataTensor(shape: [5], isInteger: true),
            ])
        for start in 0...10 {
            for end in start...10 {
                let values = try Self.values(joined, "inputs", from: start, count: end - start)
                #expect(values == (start..<end).map { Double($0 + 1) })
            }
        }
        #expect(try Self.values(joined, "targets", from: 1, count: 3, .int64) == [1, 2, 3])
        let other = ArraySource(["inputs": ([1, 3], .real([5, 6, 7]))], origin: "d")
        #expect(
            throws: ProblemError(
                .data,
                "d: 'inputs' has shape [1, 3], but a has [2, 2]; files of one data set may differ in the number of examples only"
            )
        ) { try JoinedSource([first, other]) }
    }
}
