/// Sums, scalar multiples and quotients, of every kind. Arithmetic on plain numbers is carried out here.
extension Expression {
    /// The sum of two or more operands of one kind, in order.
    ///
    /// Operands that are sums themselves stay what they are: an operand may be shared, and flattening would copy it.
    package static func sum(_ operands: [Expression]) throws(KindError) -> Expression {
        guard let first = operands.first, operands.count > 1 else {
            throw KindError("'+'", needs: "two or more operands", found: "\(operands.count)")
        }
        if let other = operands.firstIndex(where: { $0.kind != first.kind }) {
            let found = operands[other].kind
            throw KindError(
                "'+'", operand: other, needs: "\(first.kind)", found: "\(found)", hint: sumHint(first.kind, found))
        }
        let numbers = operands.compactMap(\.number)
        if numbers.count == operands.count { return try number(numbers.reduce(-0.0, +), from: "'+'") }
        return try make(.sum(operands), first.kind)
    }

    private static func sumHint(_ first: Kind, _ second: Kind) -> String? {
        switch (first, second) {
        case (.scalar, .operator), (.operator, .scalar):
            "a scalar is added to an operator as a multiple of 'identity'"
        default: nil
        }
    }

    package static func scaled(by scale: Expression, _ operand: Expression) throws(KindError) -> Expression {
        guard scale.kind == .scalar else {
            throw KindError("'*'", operand: 0, needs: "a scalar", found: "\(scale.kind)")
        }
        switch (scale.number, operand.number) {
        case (let left?, let right?): return try number(left * right, from: "'*'")
        case (nil, .some): return try make(.scaled(by: operand, scale), .scalar)
        default: return try make(.scaled(by: scale, operand), operand.kind)
        }
    }

    /// A product with a scalar on either side.
    package static func product(_ left: Expression, _ right: Expression) throws(KindError) -> Expression {
        if left.kind == .scalar { return try scaled(by: left, right) }
        if right.kind == .scalar { return try scaled(by: right, left) }
        let isApplied = left.kind.name == "operator"
        throw KindError(
            "'*'", needs: "a scalar on one side", found: "\(left.kind) and \(right.kind)",
            hint: isApplied ? "operators are applied and composed with '@'" : nil)
    }

    package static func negated(_ operand: Expression) throws(KindError) -> Expression {
        try scaled(by: number(-1), operand)
    }

    package static func quotient(_ operand: Expression, by divisor: Expression) throws(KindError) -> Expression {
        guard divisor.kind == .scalar else {
            throw KindError("'/'", operand: 1, needs: "a scalar", found: "\(divisor.kind)")
        }
        if divisor.number == 0 {
            throw KindError("'/'", operand: 1, needs: "a divisor other than zero", found: "0")
        }
        if let numerator = operand.number, let denominator = divisor.number {
            return try number(numerator / denominator, from: "'/'")
        }
        return try make(.quotient(operand, by: divisor), operand.kind)
    }
}
