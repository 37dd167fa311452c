extension Expression: CustomStringConvertible {
    /// At most 2000 characters of ``text(limit:)``.
    public var description: String { text(limit: 2000) }

    /// The expression in the language, with as few parentheses as it takes to read back as an equal expression.
    ///
    /// `identity` stands without its size where the other operands say it. Shared subtrees are written each time.
    ///
    /// - Parameter limit: The most characters to write; what is longer ends in "…". Sharing can make a text
    ///   exponentially longer than its expression.
    public func text(limit: Int) -> String {
        var printer = ExpressionPrinter(limit: max(1, limit))
        printer.write(self, in: .sum)
        return printer.text
    }
}

/// Writes up to a limit, and then stops without visiting the rest.
private struct ExpressionPrinter {
    /// What may stand without parentheses, in the order of how tightly it binds.
    enum Level: Int {
        case sum, term, factor
    }

    private(set) var text = ""
    private var count = 0
    private let limit: Int
    private var isFull = false

    init(limit: Int) { self.limit = limit }

    private mutating func append(_ piece: String) {
        guard !isFull else { return }
        let added = piece.count
        if count + added <= limit {
            text += piece
            count += added
        } else {
            // The last character of a full text gives way to the ellipsis.
            text = String((text + piece.prefix(limit - count)).prefix(limit - 1)) + "…"
            isFull = true
        }
    }

    /// - Parameter isSized: What stands around the expression fixes its size, so that identities need not say it.
    mutating func write(_ expression: Expression, in level: Level, isSized: Bool = false) {
        guard !isFull else { return }
        let needsParentheses = Self.level(of: expression).rawValue < level.rawValue
        if needsParentheses { append("(") }
        writeBare(expression, isSized: isSized)
        if needsParentheses { append(")") }
    }

    private static func level(of expression: Expression) -> Level {
        switch expression.node {
        case .sum: .sum
        case .scaled(let scale, _): scale.number == -1 ? .factor : .term
        case .quotient, .composition, .application: .term
        default: .factor
        }
    }

    private mutating func writeBare(_ expression: Expression, isSized: Bool) {
        switch expression.node {
        case .number(let value): append(NumberText.text(of: value))
        case .loss: append("loss")
        case .gradient: append("gradient")
        case .prediction: append("prediction")
        case .tensor(let name): append(QuotedName.text(name))
        case .hessian: append("hessian")
        case .ggn(nil, _): append("ggn")
        case .ggn(let samples?, let seed): append("ggn(samples=\(samples), seed=\(seed))")
        case .empiricalFisher: append("empirical_fisher")
        case .jacobian: append("jacobian")
        case .kfac(let options): append("\(options)")
        case .dampedInverse(let options, let damping, let isHeuristic):
            append("inverse(\(options), damping=\(NumberText.text(of: damping))")
            append(isHeuristic ? ", damping_style=heuristic)" : ")")
        case .power(let operand, let exponent):
            append("power(")
            write(operand, in: .sum)
            append(", \(NumberText.text(of: exponent)))")
        case .function(let function, let operand):
            append(function.name + "(")
            write(operand, in: .sum)
            append(function.argumentsText + ")")
        case .submatrix(let operand, let rows, let columns):
            append("submatrix(")
            write(operand, in: .sum)
            append(", \"\(rows.text)\", \"\(columns.text)\")")
        case .kronecker(let operands): write(call: "kron", operands)
        case .blockDiagonal(let operands): write(call: "block_diagonal", operands)
        case .lowRank(let operand): write(call: "low_rank", operand)
        case .identity(let size): append(isSized ? "identity" : "identity(\(size))")
        case .diagonal(let operand): write(call: "diag", operand)
        case .dense(let operand): write(call: "dense", operand)
        case .transpose(let operand): write(call: "transpose", operand, isSized: isSized)
        case .norm(let operand): write(call: "norm", operand)
        case .dot(let left, let right): write(call: "dot", [left, right])
        case .inverse(let operand, let options, let preconditioner):
            write(inverse: operand, options, preconditioner, isSized: isSized)
        case .sum(let operands): write(sum: operands, isSized: isSized)
        case .scaled(let scale, let operand):
            if scale.number == -1 {
                append("-")
            } else {
                write(scale, in: .term)
                append(" * ")
            }
            write(operand, in: .factor, isSized: isSized)
        case .quotient(let operand, let divisor):
            write(operand, in: .term, isSized: isSized)
            append(" / ")
            write(divisor, in: .factor)
        case .composition(let left, let right), .application(let left, let right):
            let isSized = isSized || !left.consistsOfIdentities || !right.consistsOfIdentities
            write(left, in: .term, isSized: isSized && left.consistsOfIdentities)
            append(" @ ")
            write(right, in: .factor, isSized: isSized && right.consistsOfIdentities)
        }
    }

    private mutating func write(call name: String, _ operand: Expression, isSized: Bool = false) {
        append(name + "(")
        write(operand, in: .sum, isSized: isSized)
        append(")")
    }

    private mutating func write(call name: String, _ operands: [Expression]) {
        append(name + "(")
        for (index, operand) in operands.enumerated() where !isFull {
            if index > 0 { append(", ") }
            write(operand, in: .sum)
        }
        append(")")
    }

    /// Options that are as they are without being written are left out.
    private mutating func write(
        inverse operand: Expression, _ options: InverseOptions, _ preconditioner: Expression?, isSized: Bool
    ) {
        append("inverse(")
        write(operand, in: .sum, isSized: isSized)
        if options.solver != .auto { append(", solver=\(options.solver.rawValue)") }
        if options.tolerance != InverseOptions().tolerance {
            append(", tolerance=\(NumberText.text(of: options.tolerance))")
        }
        if let scale = options.scale { append(", scale=\(NumberText.text(of: scale))") }
        if let most = options.maxIterations { append(", max_iterations=\(most)") }
        if let preconditioner {
            append(", preconditioner=")
            write(preconditioner, in: .sum)
        }
        append(")")
    }

    private mutating func write(sum operands: [Expression], isSized: Bool) {
        let isSized = isSized || !operands.allSatisfy(\.consistsOfIdentities)
        for (index, operand) in operands.enumerated() where !isFull {
            let isOperandSized = isSized && operand.consistsOfIdentities
            if index == 0 {
                write(operand, in: .term, isSized: isOperandSized)
            } else if let number = operand.number, number.sign == .minus {
                append(" - " + NumberText.text(of: -number))
            } else if case .scaled(let scale, let negated) = operand.node, scale.number == -1 {
                append(" - ")
                write(negated, in: .term, isSized: isOperandSized)
            } else {
                append(" + ")
                write(operand, in: .term, isSized: isOperandSized)
            }
        }
    }
}

/// Names in the text of an expression.
enum QuotedName {
    /// In backquotes, if the bare name would not be a name or would be a word of the language.
    static func text(_ name: String) -> String {
        if Lexer.isPlainName(name), Vocabulary.words[name] == nil { return name }
        var quoted = "`"
        for character in name { quoted += character == "`" ? "``" : String(character) }
        return quoted + "`"
    }
}
