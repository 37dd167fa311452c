/// A loss written as a call: `cross-entropy(ignore_index=-1, weights=w)`.
enum LossParser {
    private static let keywords = [
        "cross-entropy": ["ignore_index", "label_smoothing", "weights", "class_axis"],
        "mse": ["weights"],
        "bce": ["positive_weights", "weights"],
    ]

    static func function(_ text: String) throws(ExpressionError) -> Loss.Function {
        let trimmed = text.trimmed
        var parser = Parser(try SourceText(text, label: "loss \(OneLine.quoted(trimmed))", name: trimmed))
        let column = parser.token.column
        let name = try name(&parser)
        guard let keywords = keywords[name] else {
            throw parser.source.error(
                at: column,
                "expected cross-entropy, mse or bce, found \(OneLine.quoted(name))"
                    + NearestName.suggestion(for: name, in: keywords.keys))
        }
        let isCall = parser.token.form == .symbol("(")
        let arguments = isCall ? try parser.arguments() : []
        try parser.expectEnd(isCall ? "the end" : "'(' or the end")
        let usage = "\(name)(\(keywords.map { "\($0)=" }.joined(separator: ", ")))"
        let options = try Arguments(
            arguments, of: name, usage: usage, column: column, count: 0...0, keywords: keywords, in: parser.source)
        let weights = try options.tensorName("weights")
        switch name {
        case "cross-entropy":
            return .crossEntropy(
                ignoreIndex: try options.integer("ignore_index") ?? -100,
                labelSmoothing: try options.number("label_smoothing", in: 0...1) ?? 0, weights: weights,
                classAxis: try options.wholeNumber("class_axis", from: 1, through: UInt64(Int.max)).map(Int.init))
        case "mse": return .meanSquaredError(weights: weights)
        default:
            return .binaryCrossEntropy(positiveWeights: try options.tensorName("positive_weights"), weights: weights)
        }
    }

    /// A name that may have hyphens inside, which expressions read as minus.
    private static func name(_ parser: inout Parser) throws(ExpressionError) -> String {
        var name = ""
        while case .name(let part) = parser.token.form {
            name += part
            var end = parser.token.end
            parser.advance()
            guard parser.token.form == .symbol("-"), parser.token.column == end else { return name }
            end = parser.token.end
            parser.advance()
            name += "-"
            guard parser.token.column == end else { break }
        }
        throw parser.failure(expected: name.isEmpty ? "cross-entropy, mse or bce" : "a name after '\(name)'")
    }
}
