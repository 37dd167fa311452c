/// A word of the language, with the columns that it takes.
struct Token: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// As written; always a number that Swift can read.
        case number(String)
        case name(String)
        /// A name in backquotes: never a word of the language.
        case quotedName(String)
        case string(String)
        case symbol(Character)
        /// What no token can be made of, described.
        case invalid(String)
        case end
    }
    var form: Form
    var column: Int
    /// The column after the token.
    var end: Int

    /// As an error calls it.
    var found: String {
        switch form {
        case .number(let text): text.count > 40 ? String(text.prefix(40)) + "…" : text
        case .name(let name), .quotedName(let name): OneLine.quoted(name)
        case .string(let text): "the string " + OneLine.quoted(text)
        case .symbol(let character): "'\(character)'"
        case .invalid(let description): description
        case .end: "the end"
        }
    }
}

/// Text to tokens. What is malformed becomes a token too, so that the parser reports whatever comes first.
struct Lexer {
    private let characters: [Character]
    private var index = 0

    /// The tokens of a text, `.end` the last.
    static func tokens(_ characters: [Character]) -> [Token] {
        var lexer = Lexer(characters: characters)
        var tokens: [Token] = []
        repeat { tokens.append(lexer.next()) } while tokens.last?.form != .end
        return tokens
    }

    private init(characters: [Character]) { self.characters = characters }

    private mutating func next() -> Token {
        while let character = peek(), character.isWhitespace { index += 1 }
        let start = index
        let form = form()
        return Token(form: form, column: start + 1, end: index + 1)
    }

    private func peek(_ offset: Int = 0) -> Character? {
        index + offset < characters.count ? characters[index + offset] : nil
    }

    private mutating func form() -> Token.Form {
        guard let first = peek() else { return .end }
        switch first {
        case "+", "-", "*", "/", "@", "(", ")", ",", "=":
            index += 1
            return .symbol(first)
        case "`", "\"":
            guard let text = quoted(first) else { return .invalid("\(first) without another one to close it") }
            return first == "`" ? .quotedName(text) : .string(text)
        case _ where Self.isDigit(first) || (first == "." && Self.isDigit(peek(1))): return number()
        case _ where Self.startsName(first): return .name(take(while: Self.continuesName))
        default:
            index += 1
            return .invalid("the character " + OneLine.name(of: first) + ", which has no meaning here")
        }
    }

    /// The text up to the closing mark; a mark written twice stands for itself.
    private mutating func quoted(_ mark: Character) -> String? {
        index += 1
        var text: [Character] = []
        while let character = peek() {
            index += 1
            if character == mark {
                guard peek() == mark else { return String(text) }
                index += 1
            }
            text.append(character)
        }
        return nil
    }

    private mutating func number() -> Token.Form {
        let start = index
        _ = take(while: Self.isDigit)
        if peek() == "." {
            index += 1
            _ = take(while: Self.isDigit)
        }
        if peek() == "e" || peek() == "E" {
            let sign = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if Self.isDigit(peek(1 + sign)) {
                index += 1 + sign
                _ = take(while: Self.isDigit)
            }
        }
        let rest = take(while: Self.continuesName)
        let text = String(characters[start..<index])
        return rest.isEmpty ? .number(text) : .invalid("the malformed number " + OneLine.quoted(text))
    }

    private mutating func take(while isTaken: (Character) -> Bool) -> String {
        let start = index
        while let character = peek(), isTaken(character) { index += 1 }
        return String(characters[start..<index])
    }

    private static func isDigit(_ character: Character?) -> Bool {
        if let character { "0" <= character && character <= "9" && character.isASCII } else { false }
    }
    private static func isDigit(_ character: Character) -> Bool { isDigit(Optional(character)) }
    private static func startsName(_ character: Character) -> Bool { character.isLetter || character == "_" }
    private static func continuesName(_ character: Character) -> Bool {
        startsName(character) || isDigit(character) || character == "."
    }

    /// Whether a name can be written without backquotes.
    static func isPlainName(_ name: String) -> Bool {
        guard let first = name.first else { return false }
        return startsName(first) && name.allSatisfy(continuesName)
    }
}
