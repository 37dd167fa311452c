import Foundation
import Kernels

/// A safetensors file, mapped into memory and checked.
///
///     let file = try SafetensorsFile(contentsOf: url)
///     let weights = try file.values(of: "layer1.weight", as: Float.self)
///
/// Opening reads the header only, however large the file is. From then on every tensor's bytes are known to be there:
/// what can still fail is a question for a name, type or range that the file does not have.
///
/// The format: <https://github.com/huggingface/safetensors#format>.
public struct SafetensorsFile: Sendable {
    /// The file's name in errors, as the caller gave it.
    public let path: String

    /// The tensors, by data offset, then name.
    public let entries: [SafetensorsEntry]

    /// The file's notes (`__metadata__`).
    public let metadata: [String: String]

    /// The bytes. An entry's ``SafetensorsEntry/byteRange`` says where a tensor is; whoever uses its bytes in place keeps
    /// this object.
    package let file: MappedFile

    private let positions: [String: Int]

    /// Opens and checks the file at `url`.
    ///
    /// - Throws: ``SafetensorsError`` if the file cannot be read, or differs in anything from the format: that is, also
    ///   if tensors overlap, leave holes, or do not fill the file. Equal names are an error, too.
    public init(contentsOf url: URL) throws(SafetensorsError) {
        path = url.relativePath
        do throws(FileError) {
            file = try MappedFile(path: url.path)
        } catch {
            throw SafetensorsError(.file, path: path, error.message)
        }
        let size = file.bytes.count
        let (file, path) = (self.file, path)
        let header: SafetensorsHeader
        do throws(SafetensorsError) {
            let dataOffset = try file.withBytes(in: 0..<min(8, size)) { (prefix) throws(SafetensorsError) in
                try SafetensorsHeader.dataOffset(prefix: prefix, fileSize: size, path: path)
            }
            header = try file.withBytes(in: 8..<dataOffset) { (text) throws(SafetensorsError) in
                try SafetensorsHeader(text: text, dataSize: size - dataOffset, path: path)
            }
        } catch {
            throw Self.anotherFile(file, path: path) ?? error
        }
        entries = header.entries
        metadata = header.metadata
        positions = Dictionary(uniqueKeysWithValues: zip(entries.map(\.name), entries.indices))
    }

    /// What to say of a file that was never one of safetensors, if its first bytes tell what it is.
    private static func anotherFile(_ file: MappedFile, path: String) -> SafetensorsError? {
        let signature = file.withBytes(in: 0..<min(FileSignature.length, file.bytes.count)) { start in
            start.withUnsafeBytes { FileSignature(of: $0) }
        }
        guard let signature, signature.name != FileSignature.safetensors, file.bytes.count > 8 else { return nil }
        let remedy = signature.remedy ?? Remedy.convert
        return SafetensorsError(
            .header, path: path, "expected a safetensors file, found \(signature.name); \(remedy)")
    }

    /// The tensor called `name`, if there is one.
    public subscript(name: String) -> SafetensorsEntry? {
        positions[name].map { entries[$0] }
    }

    /// The tensor called `name`.
    ///
    /// - Throws: ``SafetensorsError`` with the nearest name, or the names there are.
    public func entry(_ name: String) throws(SafetensorsError) -> SafetensorsEntry {
        if let entry = self[name] { return entry }
        let names = entries.map(\.name)
        let remedy: String
        if let nearest = nearestName(to: name, among: names) {
            remedy = "did you mean \(quoted(nearest))?"
        } else if names.isEmpty {
            remedy = "the file holds none"
        } else {
            let rest = names.count > 5 ? " and \(names.count - 5) more" : ""
            remedy = "the file holds \(names.prefix(5).map(quoted).joined(separator: ", "))\(rest)"
        }
        throw SafetensorsError(.unknownName, path: path, "expected a tensor \(quoted(name)), found none; \(remedy)")
    }
}
