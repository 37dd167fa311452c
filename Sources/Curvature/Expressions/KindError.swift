/// Operands that do not fit an operation, found by a factory of ``Expression``.
///
/// A factory knows no text and no column: it says which operand is at fault, and the language turns that into a place.
package struct KindError: Error, Hashable, Sendable {
    /// What complains: "'@'", "'norm'".
    package var subject: String
    package var expected: String
    package var found: String
    /// What the user may have meant, a clause without a full stop.
    package var hint: String?
    /// The index of the operand at fault, or nil where the whole operation is.
    package var operand: Int?

    init(_ subject: String, operand: Int? = nil, needs expected: String, found: String, hint: String? = nil) {
        (self.subject, self.expected, self.found, self.hint) = (subject, expected, found, hint)
        self.operand = operand
    }

    /// The complaint beside a column that points at the operand.
    var textAtOperand: String { text(place: operand == nil ? "" : " here") }

    private func text(place: String) -> String {
        "\(subject) needs \(expected)\(place), found \(found)" + (hint.map { "; \($0)" } ?? "")
    }
}

extension KindError: CustomStringConvertible {
    package var description: String { text(place: operand.map { " as operand \($0 + 1)" } ?? "") }
}
