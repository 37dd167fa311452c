import Foundation

/// What a file's header says, checked to the last byte: whoever holds one can trust every range in it.
struct SafetensorsHeader {
    /// By data offset, then name.
    let entries: [SafetensorsEntry]
    let metadata: [String: String]

    /// The longest header that is read, 100 MB, as in the format's reference implementation. A length beyond it is the
    /// beginning of some other file.
    static let lengthLimit = 100_000_000

    /// Where a header of `length` bytes ends and the data begin.
    ///
    /// - Parameter prefix: the file's first eight bytes, or fewer if it has no more.
    static func dataOffset(prefix: RawSpan, fileSize: Int, path: String) throws(SafetensorsError) -> Int {
        guard prefix.byteCount == 8 else {
            let message = "expected a header length of 8 bytes, found a file of \(fileSize) bytes; \(Remedy.copy)"
            throw SafetensorsError(.header, path: path, message)
        }
        let length = UInt64(littleEndian: prefix.unsafeLoadUnaligned(as: UInt64.self))
        guard length <= lengthLimit else {
            let message =
                "expected a header of at most \(lengthLimit) bytes, found a length of \(length); \(Remedy.copy)"
            throw SafetensorsError(.header, path: path, message)
        }
        guard Int(length) <= fileSize - 8 else {
            let message = "expected a header of \(length) bytes, found \(fileSize - 8) in the file; \(Remedy.copy)"
            throw SafetensorsError(.header, path: path, message)
        }
        return 8 + Int(length)
    }

    /// Reads the header `text`.
    ///
    /// - Parameters:
    ///   - text: all bytes between the header's length and the data.
    ///   - dataSize: the number of bytes after the header.
    ///   - path: the file, for errors.
    init(text: RawSpan, dataSize: Int, path: String) throws(SafetensorsError) {
        let json = try Self.json(text, path: path)
        metadata = try Self.metadata(json.metadata, path: path)
        let dataOffset = 8 + text.byteCount
        var entries: [SafetensorsEntry] = []
        entries.reserveCapacity(json.tensors.count)
        // In order of names, so that of several errors the same one is reported each time.
        for (name, field) in json.tensors.sorted(by: { $0.name < $1.name }) {
            entries.append(
                try SafetensorsEntry(name: name, json: field, dataOffset: dataOffset, dataSize: dataSize, path: path))
        }
        // An empty tensor goes before the one that begins where it does. The sort is stable: names decide the rest.
        entries.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        try Self.checkLayout(entries, dataOffset: dataOffset, dataSize: dataSize, path: path)
        self.entries = entries
    }

    /// The header as JSON: an object without duplicate keys.
    private static func json(_ text: RawSpan, path: String) throws(SafetensorsError) -> HeaderJSON {
        let data = text.withUnsafeBytes { Data($0) }
        // Foundation guesses encodings, but this format knows only one. UTF-16 of the characters that a header is
        // made of would pass as UTF-8, hence the zeros.
        if String(validating: data, as: UTF8.self) == nil || data.contains(0) {
            throw SafetensorsError(.header, path: path, "expected a header in UTF-8, found other bytes; \(Remedy.copy)")
        }
        guard let (header, duplicate) = try? HeaderJSON.decode(data) else {
            throw SafetensorsError(.header, path: path, "expected a header in JSON, found other text; \(Remedy.copy)")
        }
        guard case .value(let json) = header else {
            let message = "expected a JSON object as header, found \(Optional(header).found()); \(Remedy.copy)"
            throw SafetensorsError(.header, path: path, message)
        }
        if let duplicate {
            let place = duplicate.map(quoted).joined(separator: ", ")
            let message = "expected each key once, found \(place) twice in the header; \(Remedy.save)"
            throw SafetensorsError(.header, path: path, message)
        }
        return json
    }

    /// The file's notes.
    private static func metadata(
        _ field: JSONField<[String: JSONField<String>]>?, path: String
    ) throws(SafetensorsError) -> [String: String] {
        guard let field else { return [:] }
        var metadata: [String: String] = [:]
        guard case .value(let pairs) = field else {
            let message = "\(HeaderJSON.metadataKey): expected an object, found \(Optional(field).found())"
            throw SafetensorsError(.header, path: path, "\(message); \(Remedy.save)")
        }
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
            guard case .value(let text) = value else {
                let found = Optional(value).found()
                let message = "\(HeaderJSON.metadataKey): expected a string for \(quoted(key)), found \(found)"
                throw SafetensorsError(.header, path: path, "\(message); \(Remedy.save)")
            }
            metadata[key] = text
        }
        return metadata
    }

    /// Checks that `entries` fill the data, one after the other. The format forbids overlaps and holes, because either
    /// lets a file hide or multiply what it holds.
    private static func checkLayout(
        _ entries: [SafetensorsEntry], dataOffset: Int, dataSize: Int, path: String
    ) throws(SafetensorsError) {
        var end = 0
        var last: SafetensorsEntry?
        var place: String { last.map { "tensor \(quoted($0.name))" } ?? "the header" }
        for entry in entries {
            let begin = entry.byteRange.lowerBound - dataOffset
            guard begin == end else {
                let problem = begin < end ? "an overlap of \(end - begin) bytes" : "a hole of \(begin - end) bytes"
                let message = "expected data_offsets to begin at \(end), after \(place), found \(begin), \(problem)"
                throw SafetensorsError(.layout, path: path, tensor: entry.name, "\(message); \(Remedy.save)")
            }
            end = entry.byteRange.upperBound - dataOffset
            last = entry
        }
        guard end == dataSize else {
            let message = "expected \(end) bytes of data, up to the end of \(place), found \(dataSize); \(Remedy.copy)"
            throw SafetensorsError(.layout, path: path, message)
        }
    }
}
