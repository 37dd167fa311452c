import Foundation

extension ExplainFormat {
    /// Version 1 of the published form, for programs.
    public static let json = ExplainFormat(name: "json") { document in
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
