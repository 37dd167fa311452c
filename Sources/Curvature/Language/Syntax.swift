/// What was written, with columns and without meaning.
///
/// Chains are flat: a sum of 50 000 operands is one node, so that recursion goes only as deep as the parentheses.
struct Syntax: Sendable {
    /// Of the first character.
    var column: Int
    var form: Form

    indirect enum Form: Sendable {
        /// As written, because a seed of 64 bits does not fit a floating-point number.
        case number(String)
        case name(String, isQuoted: Bool)
        case string(String)
        case negation(Syntax)
        case call(String, [Argument])
        /// Operands of "+" and "-", or of "*", "/" and "@", taken from left to right.
        case chain(Syntax, [Link])
    }

    struct Link: Sendable {
        var symbol: Character
        var column: Int
        var operand: Syntax
    }

    struct Argument: Sendable {
        /// Before "=", if it is there.
        var keyword: String?
        /// Of the keyword, or of the value.
        var column: Int
        var value: Syntax
    }

    /// As an error calls it.
    var found: String {
        switch form {
        case .number(let text): Token(form: .number(text), column: column, end: column).found
        case .name(let name, _): OneLine.quoted(name)
        case .string(let text): "the string " + OneLine.quoted(text)
        case .negation(let operand):
            if case .number = operand.form { "-" + operand.found } else { "an expression" }
        case .call, .chain: "an expression"
        }
    }
}
