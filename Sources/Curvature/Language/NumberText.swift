import Foundation

/// Numbers as the language writes them: `5`, `0.1`, `1e-5`, also `.5` and `2.`.
enum NumberText {
    /// The value of an unsigned literal, or nil if it overflows, or rounds to zero without being zero.
    static func value(of literal: String) -> Double? {
        let exponent = literal.firstIndex { $0 == "e" || $0 == "E" } ?? literal.endIndex
        let mantissa = literal[..<exponent]
        // A digit on both sides of the point, as Swift wants it.
        let complete = (mantissa.hasPrefix(".") ? "0" : "") + mantissa + (mantissa.hasSuffix(".") ? "0" : "")
        guard let value = Double(complete + literal[exponent...]), value.isFinite else { return nil }
        let isZero = mantissa.allSatisfy { $0 == "0" || $0 == "." }
        return value != 0 || isZero ? value : nil
    }

    /// Four digits, for what a computation found.
    static func short(_ value: Double) -> String { text(of: Double(String(format: "%.3e", value)) ?? value) }

    /// The shortest text that reads back as the same number; a sign in front if it is negative.
    static func text(of value: Double) -> String {
        var text = value.description
        if text.hasSuffix(".0") { text.removeLast(2) }
        guard let mark = text.firstIndex(of: "e") else { return text }
        let mantissa = text[..<mark]
        let exponent = Int(text[text.index(after: mark)...].drop { $0 == "+" }) ?? 0
        return (mantissa.hasSuffix(".0") ? mantissa.dropLast(2) : mantissa) + "e\(exponent)"
    }
}
