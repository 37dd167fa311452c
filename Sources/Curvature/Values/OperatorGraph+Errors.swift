/// What is known of how far off a value is.
extension OperatorGraph {
    /// Of what an iteration gives: the kind of its standard errors or residual norms.
    func errorKind(of value: Value) -> Kind? {
        guard case .iteration(let iteration) = self[value] else { return nil }
        return iteration.errorKind(kind(value))
    }

    /// The independent errors that a value's is made of, each with the factor it comes in with; nil where nothing was sampled, or the way is
    /// longer than a linear combination.
    func errorTerms(of value: Value) -> [(factor: Double, value: Value)]? {
        switch self[value] {
        case .iteration: return errorKind(of: value) == nil ? nil : [(1, value)]
        // Eigenvalues are a row of the pairs that their residuals belong to.
        case .elementary(.row(0), let operands): return errorTerms(of: operands[0])
        case .combination(let terms, _):
            var all: [(factor: Double, value: Value)] = []
            for term in terms {
                guard let inner = errorTerms(of: term.value) else { continue }
                guard term.scalar == nil else { return nil }
                all += inner.map { (term.factor * $0.factor, $0.value) }
            }
            return all.isEmpty ? nil : all
        default: return nil
        }
    }
}

extension Expression {
    var containsLogdet: Bool {
        contains { if case .function(.logdet, _) = $0.node { true } else { false } }
    }
    /// Whether a trace or a diagonal of a sum of outer products of gradients is in it.
    var asksCurvatureDiagonal: Bool {
        contains {
            switch $0.node {
            case .function(.trace, let map), .function(.diagonal, let map):
                map.contains {
                    switch $0.node {
                    case .ggn, .empiricalFisher: true
                    default: false
                    }
                }
            default: false
            }
        }
    }
    /// Whether something in it works with a root of the loss's Hessian at the outputs: draws, factors of type2 and mc, exact diagonals.
    var takesLossRoot: Bool {
        if asksCurvatureDiagonal { return true }
        return contains {
            switch $0.node {
            case .ggn(let samples, _): samples != nil
            case .kfac(let options), .dampedInverse(let options, _, _):
                options.fisher == .type2 || options.fisher == .mc
            default: false
            }
        }
    }

    private func contains(_ isWanted: (Expression) -> Bool) -> Bool {
        var seen: Set<ObjectIdentifier> = []
        func visit(_ expression: Expression) -> Bool {
            guard seen.insert(ObjectIdentifier(expression)).inserted else { return false }
            return isWanted(expression) || expression.operands.contains(where: visit)
        }
        return visit(self)
    }
}
