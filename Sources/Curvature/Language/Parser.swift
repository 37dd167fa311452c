/// Recursive descent over the grammar:
///
///     request    = [ name "=" ] expression
///     expression = term   { ("+" | "-") term }
///     term       = factor { ("*" | "/" | "@") factor }
///     factor     = "-" factor | number | name | call | "(" expression ")"
///     call       = name "(" [ argument { "," argument } ] ")"
///     argument   = [ keyword "=" ] ( expression | option | string )
///
/// An option is a bare word, which reads as a name; a quotation mark is written twice inside quotation marks.
struct Parser {
    private let tokens: [Token]
    private var position = 0
    private var depth = 0
    var source: SourceText

    /// Parentheses, calls and signs inside one another.
    static let depthLimit = 200

    init(_ source: SourceText) {
        self.source = source
        tokens = Lexer.tokens(source.characters)
    }

    var token: Token { tokens[position] }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    mutating func take(_ symbol: Character) -> Bool {
        guard token.form == .symbol(symbol) else { return false }
        advance()
        return true
    }

    func failure(expected: String) -> ExpressionError {
        source.error(at: token.column, "expected \(expected), found \(token.found)")
    }

    mutating func expectEnd(_ expected: String) throws(ExpressionError) {
        guard token.form == .end else { throw failure(expected: expected) }
    }

    /// A request's own name, if it begins with one.
    mutating func requestName() -> String? {
        guard tokens.count > 1, tokens[1].form == .symbol("=") else { return nil }
        switch tokens[0].form {
        case .name(let name), .quotedName(let name):
            position = 2
            return name
        default: return nil
        }
    }

    mutating func wholeExpression() throws(ExpressionError) -> Syntax {
        let syntax = try expression()
        try expectEnd("an operator or the end")
        return syntax
    }

    mutating func expression() throws(ExpressionError) -> Syntax {
        let first = try term()
        var links: [Syntax.Link] = []
        while case .symbol(let symbol) = token.form, symbol == "+" || symbol == "-" {
            let column = token.column
            advance()
            links.append(Syntax.Link(symbol: symbol, column: column, operand: try term()))
        }
        return links.isEmpty ? first : Syntax(column: first.column, form: .chain(first, links))
    }

    private mutating func term() throws(ExpressionError) -> Syntax {
        let first = try factor()
        var links: [Syntax.Link] = []
        while case .symbol(let symbol) = token.form, symbol == "*" || symbol == "/" || symbol == "@" {
            let column = token.column
            advance()
            links.append(Syntax.Link(symbol: symbol, column: column, operand: try factor()))
        }
        return links.isEmpty ? first : Syntax(column: first.column, form: .chain(first, links))
    }

    private mutating func factor() throws(ExpressionError) -> Syntax {
        depth += 1
        defer { depth -= 1 }
        let start = token
        guard depth <= Self.depthLimit else {
            throw source.error(at: start.column, "expected at most \(Self.depthLimit) levels of nesting, found more")
        }
        switch start.form {
        case .number(let text):
            advance()
            return Syntax(column: start.column, form: .number(text))
        case .name(let name):
            advance()
            if token.form == .symbol("(") {
                return Syntax(column: start.column, form: .call(name, try arguments()))
            }
            return Syntax(column: start.column, form: .name(name, isQuoted: false))
        case .quotedName(let name):
            advance()
            return Syntax(column: start.column, form: .name(name, isQuoted: true))
        case .symbol("-"):
            advance()
            return Syntax(column: start.column, form: .negation(try factor()))
        case .symbol("("):
            advance()
            var inner = try expression()
            guard take(")") else { throw failure(expected: "an operator or ')' for the '(' in column \(start.column)") }
            inner.column = start.column
            return inner
        default: throw failure(expected: "an operand")
        }
    }

    /// From "(" to ")".
    mutating func arguments() throws(ExpressionError) -> [Syntax.Argument] {
        let open = token.column
        advance()
        var arguments: [Syntax.Argument] = []
        if take(")") { return arguments }
        repeat { arguments.append(try argument()) } while take(",")
        guard take(")") else { throw failure(expected: "',' or ')' for the '(' in column \(open)") }
        return arguments
    }

    private mutating func argument() throws(ExpressionError) -> Syntax.Argument {
        let start = token
        var keyword: String?
        if case .name(let name) = start.form, tokens[position + 1].form == .symbol("=") {
            keyword = name
            position += 2
        }
        if case .string(let text) = token.form {
            let value = Syntax(column: token.column, form: .string(text))
            advance()
            return Syntax.Argument(keyword: keyword, column: start.column, value: value)
        }
        return Syntax.Argument(keyword: keyword, column: start.column, value: try expression())
    }
}
