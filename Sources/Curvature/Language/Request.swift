/// Something to compute, under the name that its result will have.
public struct Request: Hashable, Sendable {
    /// What its result is called.
    public let name: String
    /// What to compute.
    public let expression: Expression
    /// The expression as the user wrote it, without the name; for a request made from an expression, as it is printed.
    public let text: String

    /// A request made of an expression; its text is what the expression prints.
    public init(_ name: String, _ expression: Expression) {
        self.init(name: name, expression: expression, text: expression.description)
    }

    init(name: String, expression: Expression, text: String) {
        (self.name, self.expression, self.text) = (name, expression, text)
    }
}

/// Parses requests, `[name =] expression` each, and checks every kind.
///
/// A request may use the names of those before it, and then shares their expressions. One without a name is named by
/// its text, less white space at either end. A request may have the name of a leaf or tensor only if it is just that
/// leaf or tensor.
///
/// - Parameters:
///   - texts: One request each.
///   - shape: The sizes of model, loss and data.
///   - tensors: The shapes of the tensors that the user supplies, by name.
/// - Throws: The first error, in the order of the requests.
public func parseRequests(
    _ texts: [String], shape: ProblemShape, tensors: [String: [Int]]
) throws(ExpressionError) -> [Request] {
    let parsed = texts.enumerated().map { index, text in
        Result { () throws(ExpressionError) in try ParsedRequest(text, number: index + 1) }
    }
    var later: Set<String> = []
    for case .success(let request) in parsed { later.insert(request.name) }

    var requests: [Request] = []
    var names: Set<String> = []
    var earlier: [String: Elaborated] = [:]
    for result in parsed {
        let request = try result.get()
        guard names.insert(request.name).inserted else {
            throw request.nameError("which an earlier request has")
        }
        later.remove(request.name)
        let value = try Elaborator(
            shape: shape, tensors: tensors, earlier: earlier, later: later, ownName: request.ownName,
            source: request.source
        ).elaborate(request.syntax)
        requests.append(Request(name: request.name, expression: value.expression, text: request.text))
        if request.isWordItself { continue }
        if let word = Vocabulary.words[request.name] {
            throw request.nameError("which is a \(word.isLeaf ? "leaf" : "function")")
        }
        if tensors[request.name] != nil {
            guard case .tensor(request.name) = value.expression.node else {
                throw request.nameError("which is a tensor")
            }
        }
        earlier[request.name] = value
    }
    return requests
}

/// A request that is well formed; its names have no meaning yet.
private struct ParsedRequest {
    let name: String
    let text: String
    let syntax: Syntax
    let source: SourceText
    let ownName: String?
    private let column: Int

    init(_ whole: String, number: Int) throws(ExpressionError) {
        let trimmed = whole.trimmed
        let label = trimmed.isEmpty ? "request \(number)" : "request \(OneLine.quoted(trimmed))"
        var parser = Parser(try SourceText(whole, label: label, name: trimmed))
        column = parser.token.column
        ownName = parser.requestName()
        if let ownName { (parser.source.label, parser.source.name) = ("request \(OneLine.quoted(ownName))", ownName) }
        name = ownName ?? trimmed
        let start = parser.token.column - 1
        syntax = try parser.wholeExpression()
        text = String(parser.source.characters[start...]).trimmed
        source = parser.source
    }

    /// `loss`, or `loss = loss`: the name means what it always does.
    var isWordItself: Bool {
        if case .name(name, false) = syntax.form { Vocabulary.words[name] != nil } else { false }
    }

    func nameError(_ reason: String) -> ExpressionError {
        let hint = ownName != nil ? "" : "; write name = expression"
        return source.error(at: column, "expected a new name, found \(OneLine.quoted(name)), \(reason)\(hint)")
    }
}

extension String {
    /// Without white space at either end.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}

/// Parses requests about a problem, whose sizes and vectors they may use.
public func parseRequests(_ texts: [String], in problem: Problem) throws(ExpressionError) -> [Request] {
    try parseRequests(texts, shape: problem.shape, tensors: problem.vectors.tensors.mapValues(\.shape))
}
