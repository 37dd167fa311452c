/// What a typed expression holds: an expression, or the first error in it, with the problem and the tensors it is about.
///
/// Operators of Swift cannot usefully throw. An error therefore stays in the expression, and ``compile(_:options:)`` throws it.
public struct LazyExpression: Sendable {
    let result: Result<Elaborated, ProblemError>
    /// nil for numbers and identities alone.
    let problem: Problem?
    /// Tensors that came with the expression: arrays and random numbers, by name.
    let tensors: [String: SuppliedTensor]
    /// The name that the user gave it.
    var name: String?

    init(_ expression: Expression, problem: Problem? = nil, hasFreeSize: Bool = false) {
        result = .success(Elaborated(expression, hasFreeSize: hasFreeSize))
        (self.problem, tensors) = (problem, [:])
    }
    init(tensor name: String, _ tensor: SuppliedTensor, problem: Problem) {
        result = LazyExpression.checked { () throws(KindError) in
            Elaborated(try .tensor(name, shape: tensor.shape))
        }
        (self.problem, tensors) = (problem, [name: tensor])
    }
    init(_ problem: Problem? = nil, _ factory: () throws(KindError) -> Expression) {
        result = LazyExpression.checked { () throws(KindError) in Elaborated(try factory()) }
        (self.problem, tensors) = (problem, [:])
    }

    /// An operation on expressions.
    ///
    /// - Parameter sizing: gives identities without a size the one that the others say.
    init(
        _ subject: String, _ operands: [LazyExpression], sizing: ([Elaborated]) -> [Elaborated] = { $0 },
        _ factory: ([Expression]) throws(KindError) -> Expression
    ) {
        let problems = operands.compactMap(\.problem)
        problem = problems.first
        var tensors: [String: SuppliedTensor] = [:]
        var clash: String?
        for operand in operands {
            tensors.merge(operand.tensors) { first, _ in first }
            clash = clash ?? operand.tensors.keys.sorted().first { tensors[$0] != operand.tensors[$0] }
        }
        self.tensors = tensors

        do {
            let values = sizing(try operands.map { try $0.result.get() })
            if let other = problems.first(where: { $0.token != problems[0].token }) {
                throw ProblemError(
                    .expression,
                    "\(subject) joins expressions of two problems (of \(OneLine.quoted(problems[0].name)) and \(OneLine.quoted(other.name))); make both from one"
                )
            }
            if let clash {
                throw ProblemError(
                    .expression, "two different tensors are called \(OneLine.quoted(clash)); give one another name")
            }
            do throws(KindError) {
                result = .success(Elaborated(try factory(values.map(\.expression)), from: values))
            } catch {
                var error = error
                if error.subject == "'@'" { error.subject = subject }
                let texts = values.map { OneLine.quoted($0.expression.text(limit: 60)) }
                result = .failure(
                    ProblemError(
                        .expression,
                        "\(error); \(texts.count == 1 ? "the operand is" : "the operands are") \(texts.joined(separator: " and "))"
                    ))
            }
        } catch {
            result = .failure(error as? ProblemError ?? ProblemError(.expression, "\(error)"))
        }
    }

    private static func checked(
        _ build: () throws(KindError) -> Elaborated
    ) -> Result<Elaborated, ProblemError> {
        do throws(KindError) {
            return .success(try build())
        } catch {
            return .failure(ProblemError(.expression, "\(error)"))
        }
    }
}

extension LazyExpression {
    /// Identities take the size of what they are added to.
    static func sizedAsSum(_ operands: [Elaborated]) -> [Elaborated] {
        guard let anchor = operands.first(where: { !$0.hasFreeSize }),
            case .operator(let rows, let columns) = anchor.expression.kind, rows == columns
        else { return operands }
        return operands.map { $0.sized(rows) }
    }
    /// Identities take the size of what they are composed with or applied to.
    static func sizedAsProduct(_ operands: [Elaborated]) -> [Elaborated] {
        let (map, argument) = (operands[0], operands[1])
        if map.hasFreeSize {
            guard !argument.hasFreeSize, let rows = argument.expression.kind.shape.first else { return operands }
            return [map.sized(rows), argument]
        }
        return [map, argument.sized(map.expression.kind.shape[1])]
    }
}

extension LazyExpression {
    /// The name of the tensor that this is.
    func tensorName() throws -> String {
        let expression = try result.get().expression
        guard case .tensor(let name) = expression.node else {
            throw ProblemError(
                .expression,
                "expected a vector as it came (from an array, a seed or a file), found \(OneLine.quoted(expression.text(limit: 60)))"
            )
        }
        return name
    }
}
