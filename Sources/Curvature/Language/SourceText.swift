/// A text to parse, with what its errors call it.
struct SourceText: Sendable {
    /// What the message starts with: "request 'Hv'".
    var label: String
    /// The name alone.
    var name: String
    let characters: [Character]

    /// Code points; a longer text is refused unread.
    static let lengthLimit = 100_000

    init(_ text: String, label: String, name: String) throws(ExpressionError) {
        let length = text.unicodeScalars.prefix(Self.lengthLimit + 1).count
        characters = length > Self.lengthLimit ? Array(text.prefix(200)) : Array(text)
        (self.label, self.name) = (label, name)
        if length > Self.lengthLimit {
            throw error(at: 1, "expected at most \(Self.lengthLimit) characters, found more")
        }
    }

    func error(at column: Int, _ message: String) -> ExpressionError {
        ExpressionError(
            message: "\(label), column \(column): \(message)", request: name, column: column,
            excerpt: excerpt(around: column))
    }

    /// A window of the text that holds the column, and a caret below it.
    private func excerpt(around column: Int) -> String {
        let width = 96
        let index = column - 1
        let start = characters.count <= width ? 0 : max(0, min(index - width / 2, characters.count - width))
        let end = min(characters.count, start + width)
        let before = start > 0 ? "…" : ""
        let after = end < characters.count ? "…" : ""
        let caret = String(repeating: " ", count: before.count + max(0, index - start)) + "^"
        return before + OneLine.aligned(characters[start..<end]) + after + "\n" + caret
    }
}
