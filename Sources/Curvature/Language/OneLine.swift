/// Text of unknown origin, made fit for a message of one line.
package enum OneLine {
    /// In single quotes, control characters spelled out, cut after `limit` code points.
    package static func quoted(_ text: String, limit: Int = 60) -> String {
        let scalars = text.unicodeScalars
        let shown = scalars.prefix(limit).map(visible).joined()
        return "'" + shown + (scalars.dropFirst(limit).isEmpty ? "" : "…") + "'"
    }

    /// The name of a tensor, a parameter or a node, quoted. Long ones stay whole: they differ at their ends.
    package static func quotedName(_ name: String) -> String { quoted(name, limit: 240) }

    /// The same text with control characters spelled out, where quotes would be in the way: in what is to be typed.
    package static func plain(_ text: String) -> String { text.unicodeScalars.map(visible).joined() }

    /// Exactly one visible character for each character of the text, so that columns still count.
    static func aligned(_ characters: some Sequence<Character>) -> String {
        String(
            characters.map { character -> Character in
                if character.isWhitespace { return " " }
                let scalars = character.unicodeScalars
                return scalars.count <= 8 && scalars.allSatisfy(isVisible) ? character : "\u{FFFD}"
            })
    }

    /// A character by itself: quoted, or by its code where there is nothing to see.
    static func name(of character: Character) -> String {
        let scalars = character.unicodeScalars.prefix(2)
        if scalars.count == 1, let only = scalars.first, !isVisible(only) { return "U+" + hexadecimal(only) }
        return quoted(String(character), limit: 8)
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        isVisible(scalar) ? String(scalar) : "\\u{\(hexadecimal(scalar))}"
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
