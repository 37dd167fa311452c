/// What a file is that is not what it was taken for: told by its first bytes, as `file` does.
package struct FileSignature: Sendable {
    /// With an article, as it goes behind "found".
    package let name: String
    /// What to do about a file of this kind, whatever was expected instead; nil where that depends.
    package let remedy: String?

    /// The names of the two formats that this package reads by their content.
    package static let onnx = "an ONNX model"
    package static let safetensors = "a safetensors file"

    /// How many bytes are looked at, at most.
    package static let length = 64

    private static let known: [(start: [UInt8], name: String, remedy: String?)] = [
        ([0x50, 0x4b, 0x03, 0x04], "a zip archive, as torch.save and numpy.savez write it", nil),
        ([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "an array of NumPy", nil),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file, as Keras writes it", nil),
        ([0x1f, 0x8b], "a file compressed by gzip", "decompress it first"),
        (Array("GGUF".utf8), "a GGUF file", nil),
        (
            Array("version https://git-lfs".utf8), "a pointer of Git LFS",
            "fetch the file itself with 'git lfs pull'"
        ),
    ]

    /// - Returns: nil where the bytes tell nothing.
    package init?(of bytes: some Collection<UInt8>) {
        let start = Array(bytes.prefix(Self.length))
        if let found = Self.known.first(where: { start.starts(with: $0.start) }) {
            (name, remedy) = (found.name, found.remedy)
            return
        }
        if start.count > 1, start[0] == 0x80, (2...5).contains(start[1]) {
            (name, remedy) = ("a Python pickle, as torch.save once wrote it", nil)
            return
        }
        // The length of a header of less than 2^24 bytes, and the header's brace.
        if start.count > 8, start[8] == UInt8(ascii: "{"), start[3..<8].allSatisfy({ $0 == 0 }) {
            (name, remedy) = (Self.safetensors, nil)
            return
        }
        // The version of the format, at most 127, and then a text or the graph.
        if start.count > 2, start[0] == 0x08, start[1] < 0x80, [0x12, 0x3a, 0x42].contains(start[2]) {
            (name, remedy) = (Self.onnx, nil)
            return
        }
        switch start.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) {
        case UInt8(ascii: "<"): (name, remedy) = ("a web page (HTML)", "download the file itself")
        case UInt8(ascii: "{"): (name, remedy) = ("JSON text", nil)
        default: return nil
        }
    }
}
