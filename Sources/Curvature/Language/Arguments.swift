/// The arguments of one call, sorted by name and checked against what the function takes.
struct Arguments: Sendable {
    let positional: [Syntax.Argument]
    private let named: [String: Syntax.Argument]
    private let source: SourceText

    /// - Parameters:
    ///   - usage: How the call is written, for errors: "norm(v)".
    ///   - count: How many arguments without a name it takes.
    ///   - keywords: The names it takes.
    init(
        _ arguments: [Syntax.Argument], of function: String, usage: String, column: Int, count: ClosedRange<Int>,
        keywords: [String], in source: SourceText
    ) throws(ExpressionError) {
        var named: [String: Syntax.Argument] = [:]
        for argument in arguments {
            guard let keyword = argument.keyword else { continue }
            guard keywords.contains(keyword) else {
                throw source.error(
                    at: argument.column,
                    "\(OneLine.quoted(function)) has no argument \(OneLine.quoted(keyword)); "
                        + Self.choice(of: keywords, nearest: keyword))
            }
            if named.updateValue(argument, forKey: keyword) != nil {
                throw source.error(at: argument.column, "expected '\(keyword)' once, found it twice")
            }
        }
        positional = arguments.filter { $0.keyword == nil }
        (self.named, self.source) = (named, source)
        guard count.contains(positional.count) else {
            let isExcess = positional.count > count.upperBound
            let found =
                switch positional.count {
                case 0: "no arguments"
                case 1: keywords.isEmpty ? "1 argument" : "an argument without a name"
                case let count: "\(count) arguments"
                }
            throw source.error(
                at: isExcess ? positional[count.upperBound].column : column, "expected \(usage), found \(found)")
        }
    }

    private static func choice(of keywords: [String], nearest keyword: String) -> String {
        if keywords.isEmpty { return "it takes none by name" }
        let all = keywords.map { "'\($0)'" }
        let list = all.count == 1 ? all[0] : all.dropLast().joined(separator: ", ") + " and " + all[all.count - 1]
        let meant = NearestName.nearest(to: keyword, in: keywords).map { " (did you mean '\($0)'?)" } ?? ""
        return "it takes \(list)" + meant
    }

    func column(of keyword: String) -> Int? { named[keyword]?.column }

    /// Whole numbers are read from their digits: a seed of 64 bits does not survive floating point.
    func wholeNumber(_ keyword: String, from least: UInt64, through most: UInt64) throws(ExpressionError) -> UInt64? {
        guard let value = named[keyword]?.value else { return nil }
        return try wholeNumber(value, called: keyword, from: least, through: most)
    }

    func wholeNumber(
        _ value: Syntax, called name: String, from least: UInt64, through most: UInt64
    ) throws(ExpressionError) -> UInt64 {
        guard case .number(let text) = value.form, text.allSatisfy(\.isASCIIDigit) else {
            throw mismatch(value, name, needs: "a whole number from \(least)")
        }
        guard let number = UInt64(text), number <= most else {
            throw mismatch(value, name, needs: "a whole number of at most \(most)")
        }
        guard number >= least else { throw mismatch(value, name, needs: "a whole number from \(least)") }
        return number
    }

    /// A whole number of either sign.
    func integer(_ keyword: String) throws(ExpressionError) -> Int? {
        guard let value = named[keyword]?.value else { return nil }
        guard let (sign, text) = Self.literal(value), text.allSatisfy(\.isASCIIDigit), let number = Int(sign + text)
        else { throw mismatch(value, keyword, needs: "a whole number") }
        return number
    }

    func number(_ keyword: String, in range: ClosedRange<Double>) throws(ExpressionError) -> Double? {
        guard let value = named[keyword]?.value else { return nil }
        guard let (sign, text) = Self.literal(value), let size = NumberText.value(of: text),
            case let number = sign == "-" ? -size : size, range.contains(number)
        else {
            let (least, most) = (NumberText.text(of: range.lowerBound), NumberText.text(of: range.upperBound))
            throw mismatch(value, keyword, needs: "a number from \(least) to \(most)")
        }
        return number
    }

    func number(_ keyword: String, above least: Double, below most: Double) throws(ExpressionError) -> Double? {
        guard let value = named[keyword]?.value else { return nil }
        guard let (sign, text) = Self.literal(value), sign.isEmpty, let number = NumberText.value(of: text),
            number > least, number < most
        else {
            // Of the largest number of all nobody has to be told.
            let upper = most == .greatestFiniteMagnitude ? "" : " and below \(NumberText.text(of: most))"
            throw mismatch(value, keyword, needs: "a number above \(NumberText.text(of: least))" + upper)
        }
        return number
    }

    /// A bare word out of a few.
    func option(_ keyword: String, among options: [String]) throws(ExpressionError) -> String? {
        guard let value = named[keyword]?.value else { return nil }
        guard case .name(let name, false) = value.form, options.contains(name) else {
            let list = options.dropLast().joined(separator: ", ") + " or " + options.last!
            throw mismatch(value, keyword, needs: list)
        }
        return name
    }

    func value(of keyword: String) -> Syntax? { named[keyword]?.value }

    /// The name of a tensor.
    func tensorName(_ keyword: String) throws(ExpressionError) -> String? {
        guard let value = named[keyword]?.value else { return nil }
        guard case .name(let name, _) = value.form else {
            throw mismatch(value, keyword, needs: "the name of a tensor")
        }
        return name
    }

    private func mismatch(_ value: Syntax, _ name: String, needs expected: String) -> ExpressionError {
        source.error(at: value.column, "'\(name)' needs \(expected), found \(value.found)")
    }

    private static func literal(_ value: Syntax) -> (sign: String, text: String)? {
        switch value.form {
        case .number(let text): ("", text)
        case .negation(let operand): if case .number(let text) = operand.form { ("-", text) } else { nil }
        default: nil
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
