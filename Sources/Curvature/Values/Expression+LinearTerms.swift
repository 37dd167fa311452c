extension Expression {
    var isSquare: Bool { kind.shape.count == 2 && kind.shape[0] == kind.shape[1] }

    /// One summand of an operator.
    struct LinearTerm {
        /// nil for 1.
        var scale: Expression?
        var map: Expression
        /// The summand itself.
        var expression: Expression
    }

    /// The summands of a square operator, transposes left out, which have the same diagonal; nil where there are very many.
    func linearTerms() -> [LinearTerm]? {
        var terms: [LinearTerm] = []
        func visit(_ map: Expression, _ scale: Expression?, _ depth: Int) -> Bool {
            switch map.node {
            case .sum(let operands) where depth < 64:
                return operands.allSatisfy { visit($0, scale, depth + 1) }
            case .transpose(let inner) where depth < 64: return visit(inner, scale, depth + 1)
            case .scaled(let factor, let inner) where depth < 64:
                guard let product = scale.map({ try? Expression.scaled(by: $0, factor) }) ?? factor else {
                    return false
                }
                return visit(inner, product, depth + 1)
            case .quotient(let inner, let divisor) where depth < 64:
                guard let one = try? Expression.number(1),
                    let factor = try? Expression.quotient(scale ?? one, by: divisor)
                else { return false }
                return visit(inner, factor, depth + 1)
            default:
                guard terms.count < 64,
                    let whole = scale.map({ try? Expression.scaled(by: $0, map) }) ?? map
                else { return false }
                terms.append(LinearTerm(scale: scale, map: map, expression: whole))
                return true
            }
        }
        return visit(self, nil, 0) ? terms : nil
    }

    /// An operator of the form scale * X + shift * identity with numbers and one X, as often as it occurs; neither number is 0.
    var shifted: (map: Expression, scale: Double, shift: Double)? {
        guard let terms = linearTerms() else { return nil }
        var (map, scale, shift): (Expression?, Double, Double) = (nil, 0, 0)
        for term in terms {
            guard let factor = term.scale.map(\.number) ?? 1 else { return nil }
            if case .identity = term.map.node {
                shift += factor
            } else {
                guard map == nil || map == term.map else { return nil }
                map = term.map
                scale += factor
            }
        }
        guard let map, scale != 0, shift != 0 else { return nil }
        return (map, scale, shift)
    }
}
