import Foundation
import Kernels

/// The arrays of an `.npz` archive by their names, or the array of an `.npy` file, named as the file is. Mapped: only what
/// a batch needs is read.
package struct NumPySource: DataSource {
    package let origin: String
    package let tensors: [String: DataTensor]
    private let stored: [String: StoredTensor]
    private let file: MappedFile

    /// - Throws: ``ProblemError`` if the file cannot be read, or is compressed.
    package init(_ url: URL) throws {
        let origin = url.relativePath
        do throws(FileError) { file = try MappedFile(path: url.path) } catch {
            throw ProblemError(.data, "\(origin): \(error.message)")
        }
        let (file, all) = (self.file, 0..<self.file.bytes.count)
        var members = [(name: url.lastPathComponent, range: all)]
        if url.pathExtension.lowercased() == "npz" { members = try ZipDirectory(file, origin: origin).members }
        var stored: [String: StoredTensor] = [:]
        for (name, range) in members {
            let place = members.count == 1 && range == all ? origin : "\(origin): \(OneLine.quoted(name))"
            let header = try NumPyHeader(file, in: range, place: place)
            let plain = name.lowercased().hasSuffix(".npy") ? String(name.dropLast(4)) : name
            let tensor = StoredTensor(
                shape: header.shape, dtype: header.dtype, offset: range.lowerBound + header.byteCount)
            guard stored.updateValue(tensor, forKey: plain) == nil else {
                throw ProblemError(.data, "\(origin): two arrays are named \(OneLine.quoted(plain))")
            }
        }
        (self.origin, self.stored) = (origin, stored)
        tensors = stored.mapValues { DataTensor(shape: $0.shape, isInteger: !$0.dtype.isFloatingPoint) }
    }

    package func read(_ name: String, from start: Int, into destination: Operand) throws {
        do { try stored[name]!.read(file, from: start, into: destination) } catch {
            throw ProblemError(.data, "\(origin): \(OneLine.quoted(name)): expected integers; save it as int64")
        }
    }
}
