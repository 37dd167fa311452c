import Foundation
import Kernels

/// Writes safetensors files.
///
///     try SafetensorsWriter.write(
///         [SafetensorsTensor(name: "gradient", shape: [3], values: [1.0, 2.0, 3.0])], to: url)
///
/// Equal tensors give equal bytes: the header lists them in the order given, the notes in the order of their keys, and
/// is padded with spaces to a multiple of eight bytes. The data, which must be without holes, are ordered by the size
/// of an element, largest first (otherwise as given), so that all of them are aligned and can be used in place.
public enum SafetensorsWriter {
    /// Writes `tensors` to `url`.
    ///
    /// The file appears whole or not at all: it is written beside its place, then renamed.
    ///
    /// - Throws: ``SafetensorsError`` if two tensors have one name, a shape is impossible, a tensor's bytes are too few
    ///   or too many, or the file cannot be written; and what the tensors' functions throw.
    public static func write(
        _ tensors: [SafetensorsTensor], metadata: [String: String] = [:], to url: URL
    ) throws {
        let path = url.relativePath
        let layout = try layout(tensors, path: path)
        let header = try header(tensors, ranges: layout.ranges, metadata: metadata, path: path)
        do {
            var file = try AtomicFile(path: url.path)
            try file.append(header.span.bytes)
            for index in layout.order {
                try write(tensors[index], byteCount: layout.ranges[index].count, to: &file, path: path)
            }
            try file.commit()
        } catch let error as FileError {
            throw SafetensorsError(.file, path: path, error.message)
        }
    }

    /// Where each tensor's bytes go, counted from the beginning of the data, and the order in which that is.
    private static func layout(
        _ tensors: [SafetensorsTensor], path: String
    ) throws(SafetensorsError) -> (ranges: [Range<Int>], order: [Int]) {
        var names: Set<String> = [HeaderJSON.metadataKey]
        for tensor in tensors where !names.insert(tensor.name).inserted {
            let message =
                tensor.name == HeaderJSON.metadataKey
                ? "expected the name of a tensor, found the key of the notes; give another name"
                : "expected each name once, found it twice; give another name"
            throw SafetensorsError(.argument, path: path, tensor: tensor.name, message)
        }
        // The sort is stable.
        let order = tensors.indices.sorted { tensors[$0].dtype.byteCount > tensors[$1].dtype.byteCount }
        var ranges = [Range<Int>](repeating: 0..<0, count: tensors.count)
        var end = 0
        for index in order {
            let tensor = tensors[index]
            guard tensor.shape.allSatisfy({ $0 >= 0 }),
                let byteCount = tensor.dtype.byteCount(of: tensor.shape), byteCount <= Int.max - end
            else {
                let message = "expected a shape that fits a file, found \(tensor.shape); check its dimensions"
                throw SafetensorsError(.argument, path: path, tensor: tensor.name, message)
            }
            ranges[index] = end..<end + byteCount
            end += byteCount
        }
        return (ranges, order)
    }

    /// The file's first bytes: the header's length and the header.
    private static func header(
        _ tensors: [SafetensorsTensor], ranges: [Range<Int>], metadata: [String: String], path: String
    ) throws -> [UInt8] {
        // An encoder would choose the order of the keys itself, hence only strings are left to it.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        func encode(_ text: String) throws -> String { String(decoding: try encoder.encode(text), as: UTF8.self) }

        var members: [String] = []
        if !metadata.isEmpty {
            let notes = try metadata.sorted { $0.key < $1.key }.map { "\(try encode($0.key)):\(try encode($0.value))" }
            members.append("\"\(HeaderJSON.metadataKey)\":{\(notes.joined(separator: ","))}")
        }
        for (tensor, range) in zip(tensors, ranges) {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let offsets = "\(range.lowerBound),\(range.upperBound)"
            members.append(
                "\(try encode(tensor.name)):{\"dtype\":\"\(tensor.dtype)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}"
            )
        }
        var text = Array("{\(members.joined(separator: ","))}".utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        guard text.count <= SafetensorsHeader.lengthLimit else {
            let message = "expected a header of at most \(SafetensorsHeader.lengthLimit) bytes, found \(text.count)"
            throw SafetensorsError(.argument, path: path, "\(message); write fewer tensors, or shorter names")
        }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian, Array.init) + text
    }

    /// Writes one tensor's bytes, and checks that they are as many as the header says.
    private static func write(
        _ tensor: SafetensorsTensor, byteCount: Int, to file: inout AtomicFile, path: String
    ) throws {
        var count = 0
        try tensor.bytes { piece in
            count += piece.byteCount
            if count <= byteCount { try file.append(piece) }
        }
        guard count == byteCount else {
            let message = "expected \(byteCount) bytes for \(tensor.dtype) \(tensor.shape), found \(count)"
            throw SafetensorsError(
                .argument, path: path, tensor: tensor.name, "\(message); give it the shape of its values")
        }
    }
}
