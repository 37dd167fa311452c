/// Syntax to expressions: names get their meaning, kinds are checked, numbers are worked out.
struct Elaborator: Sendable {
    let shape: ProblemShape
    let tensors: [String: [Int]]
    /// Of earlier requests, by name.
    let earlier: [String: Elaborated]
    /// The names of later requests, which may not be used yet.
    let later: Set<String>
    /// The name that this request gives itself, which may not be used either.
    let ownName: String?
    let source: SourceText

    func elaborate(_ syntax: Syntax) throws(ExpressionError) -> Elaborated {
        switch syntax.form {
        case .number(let text):
            guard let value = NumberText.value(of: text) else {
                throw source.error(
                    at: syntax.column, "expected a number in the range of a 64-bit float, found \(syntax.found)")
            }
            return try checked(at: syntax.column, []) { _ throws(KindError) in try .number(value) }
        case .string:
            throw source.error(at: syntax.column, "expected an expression, found \(syntax.found)")
        case .name(let name, let isQuoted): return try meaning(of: name, isQuoted: isQuoted, column: syntax.column)
        case .negation(let operand):
            let operand = Operand(try elaborate(operand), operand.column)
            return try checked(at: syntax.column, [operand]) { x throws(KindError) in try .negated(x[0]) }
        case .call(let name, let arguments): return try call(name, arguments, column: syntax.column)
        case .chain(let first, let links):
            return switch links[0].symbol {
            case "+", "-": try sum(first, links)
            default: try product(first, links)
            }
        }
    }

    // MARK: Names

    private func meaning(of name: String, isQuoted: Bool, column: Int) throws(ExpressionError) -> Elaborated {
        if !isQuoted, let word = Vocabulary.words[name] {
            guard word.isLeaf || word.build == nil else {
                throw source.error(at: column, "'\(name)' is a function: expected \(word.usage), found '\(name)' alone")
            }
            return try call(name, [], column: column)
        }
        if let known = earlier[name] { return known }
        if let shape = tensors[name] {
            return try checked(at: column, []) { _ throws(KindError) in try .tensor(name, shape: shape) }
        }
        let expected = "expected a leaf, a function, an earlier request or a tensor, found"
        if name == ownName {
            throw source.error(at: column, "\(expected) \(OneLine.quoted(name)), which is this request itself")
        }
        if later.contains(name) {
            throw source.error(at: column, "\(expected) \(OneLine.quoted(name)), which a later request defines")
        }
        let words = isQuoted ? [] : Array(Vocabulary.words.keys)
        let suggestion = NearestName.suggestion(for: name, in: words + earlier.keys + tensors.keys)
        let remark = suggestion.isEmpty && tensors.isEmpty ? " (no tensors were given)" : suggestion
        throw source.error(at: column, "\(expected) the unknown name \(OneLine.quoted(name))\(remark)")
    }

    private func call(
        _ name: String, _ arguments: [Syntax.Argument], column: Int
    ) throws(ExpressionError) -> Elaborated {
        guard let word = Vocabulary.words[name] else {
            if tensors[name] != nil || earlier[name] != nil {
                let what = earlier[name] == nil ? "a tensor" : "an earlier request"
                throw source.error(at: column, "expected a function, found \(OneLine.quoted(name)), which is \(what)")
            }
            throw source.error(
                at: column,
                "expected a function, found the unknown name \(OneLine.quoted(name))"
                    + NearestName.suggestion(for: name, in: Vocabulary.words.keys))
        }
        guard let build = word.build else {
            throw source.error(at: column, "'\(name)' is not available in this version")
        }
        let arguments = try Arguments(
            arguments, of: name, usage: word.usage, column: column, count: word.count, keywords: word.keywords,
            in: source)
        return try build(Call(arguments: arguments, column: column, elaborator: self))
    }

    // MARK: Chains

    /// All operands at once: `a + b + c` is one sum. Identities take their size from the first operand that has one.
    private func sum(_ first: Syntax, _ links: [Syntax.Link]) throws(ExpressionError) -> Elaborated {
        var operands = [Operand(try elaborate(first), first.column)]
        for link in links {
            var operand = Operand(try elaborate(link.operand), link.operand.column)
            if link.symbol == "-" {
                operand.value = try checked(at: link.column, [operand]) { x throws(KindError) in try .negated(x[0]) }
            }
            operands.append(operand)
        }
        if let anchor = operands.first(where: { !$0.value.hasFreeSize }),
            case .operator(let rows, let columns) = anchor.value.expression.kind, rows == columns
        {
            for index in operands.indices { operands[index].value = operands[index].value.sized(rows) }
        }
        return try checked(at: links[0].column, operands) { operands throws(KindError) in
            do throws(KindError) {
                return try .sum(operands)
            } catch {
                var error = error
                if let operand = error.operand, operand > 0 { error.subject = "'\(links[operand - 1].symbol)'" }
                throw error
            }
        }
    }

    /// From left to right, two operands at a time.
    private func product(_ first: Syntax, _ links: [Syntax.Link]) throws(ExpressionError) -> Elaborated {
        var left = Operand(try elaborate(first), first.column)
        for link in links {
            var right = Operand(try elaborate(link.operand), link.operand.column)
            switch link.symbol {
            case "*":
                left.value = try checked(at: link.column, [left, right]) { x throws(KindError) in
                    try .product(x[0], x[1])
                }
            case "/":
                left.value = try checked(at: link.column, [left, right]) { x throws(KindError) in
                    try .quotient(x[0], by: x[1])
                }
            default:
                let (map, argument) = (left.value.expression.kind, right.value.expression.kind)
                if left.value.hasFreeSize {
                    if !right.value.hasFreeSize, let rows = argument.shape.first, argument.name != "tensor" {
                        left.value = left.value.sized(rows)
                    }
                } else if case .operator(_, let columns) = map {
                    right.value = right.value.sized(columns)
                }
                left.value = try checked(at: link.column, [left, right]) { x throws(KindError) in
                    try .applied(x[0], x[1])
                }
            }
        }
        return left.value
    }

    // MARK: Errors

    struct Operand {
        var value: Elaborated
        let column: Int
        init(_ value: Elaborated, _ column: Int) { (self.value, self.column) = (value, column) }
    }

    /// Runs a factory; its complaint gets a place: the operand at fault, or the operation.
    func checked(
        at column: Int, _ operands: [Operand], _ factory: ([Expression]) throws(KindError) -> Expression
    ) throws(ExpressionError) -> Elaborated {
        do throws(KindError) {
            let expression = try factory(operands.map(\.value.expression))
            return Elaborated(expression, from: operands.map(\.value))
        } catch {
            throw source.error(at: error.operand.map { operands[$0].column } ?? column, error.textAtOperand)
        }
    }
}
