/// From the user's trees to values: operators are pushed into what they are applied to.
extension OperatorGraph {
    /// The value of an expression of any kind but `operator`.
    package mutating func value(of expression: Expression, _ known: inout [Expression: Value]) -> Value {
        if let value = known[expression] { return value }
        let kind = expression.kind
        let result: Value
        switch expression.node {
        case .number(let number): result = intern(.number(number), .scalar)
        case .loss: result = intern(.loss, .scalar)
        case .gradient: result = intern(.pullback([PullbackTerm(factor: 1, source: .gradient)]), kind)
        case .prediction: result = intern(.prediction, kind)
        case .tensor(let name): result = intern(.tensor(name), kind)
        case .sum(let operands):
            let terms = operands.map { CombinationTerm(factor: 1, scalar: nil, value: value(of: $0, &known)) }
            result = combination(terms, kind)
        case .scaled(let scalar, let x):
            let factor = value(of: scalar, &known)
            result = scaled(value(of: x, &known), by: factor)
        case .quotient(let x, let scalar):
            let divisor = reciprocal(value(of: scalar, &known))
            result = scaled(value(of: x, &known), by: divisor)
        case .application(let map, let x):
            result = apply(map, transposed: false, to: value(of: x, &known), &known)
        case .function(let function, let operand): result = value(of: function, operand, kind, &known)
        case .norm(let x): result = intern(.norm(value(of: x, &known)), .scalar)
        case .dot(let a, let b):
            let (first, second) = (value(of: a, &known), value(of: b, &known))
            let (a, b) = ordered(first, second)
            result = intern(.dot(a, b), .scalar)
        case .hessian, .ggn, .empiricalFisher, .jacobian, .identity, .diagonal, .dense, .transpose, .composition,
            .inverse, .kfac, .dampedInverse, .submatrix, .kronecker, .blockDiagonal, .lowRank, .power:
            preconditionFailure("an operator has no value; requests of this kind are refused before")
        }
        known[expression] = result
        return result
    }

    /// `map @ x`, or `transpose(map) @ x`.
    mutating func apply(
        _ map: Expression, transposed: Bool, to x: Value, _ known: inout [Expression: Value]
    ) -> Value {
        // Subtrees may be shared many times over.
        guard case .sum = map.node else { return product(map, transposed: transposed, with: x, &known) }
        let key = OperatorProduct(map: map, isTransposed: transposed, argument: x)
        if let there = products[key] { return there }
        let value = product(map, transposed: transposed, with: x, &known)
        products[key] = value
        return value
    }

    private mutating func product(
        _ map: Expression, transposed: Bool, with x: Value, _ known: inout [Expression: Value]
    ) -> Value {
        guard case .operator(let rows, let columns) = map.kind else {
            preconditionFailure("only operators are applied")
        }
        let kind = kind(x).replacingEntries(by: transposed ? columns : rows)
        func pullback(_ source: PullbackTerm.Source) -> Quantity {
            .pullback([PullbackTerm(factor: 1, source: source)])
        }
        switch map.node {
        case .kronecker, .power:
            if let entries = diagonalEntries(map, &known) { return intern(.diagonalProduct(entries, x), kind) }
        default: break
        }
        switch map.node {
        // Symmetric: the transpose is the operator.
        case .hessian: return intern(pullback(.hessian(x)), kind)
        case .ggn(let samples, let seed):
            return intern(pullback(.ggn(x, samples.map { Sampling(samples: $0, seed: seed) })), kind)
        case .empiricalFisher: return intern(pullback(.empiricalFisher(x)), kind)
        case .identity: return x
        case .diagonal(let d): return intern(.diagonalProduct(value(of: d, &known), x), kind)
        case .jacobian: return intern(transposed ? pullback(.jacobianTranspose(x)) : .jacobianProduct(x), kind)
        case .dense(let matrix):
            return intern(.denseProduct(value(of: matrix, &known), isTransposed: transposed, x), kind)
        case .transpose(let inner): return apply(inner, transposed: !transposed, to: x, &known)
        case .sum(let operands):
            // One Kronecker product instead of several.
            if usesClosedForms {
                let collapsed = map.collapsed
                if case .kronecker = collapsed.node { return apply(collapsed, transposed: transposed, to: x, &known) }
            }
            let terms = operands.map {
                CombinationTerm(factor: 1, scalar: nil, value: apply($0, transposed: transposed, to: x, &known))
            }
            return combination(terms, kind)
        case .scaled(let scalar, let inner):
            let factor = value(of: scalar, &known)
            return scaled(apply(inner, transposed: transposed, to: x, &known), by: factor)
        case .quotient(let inner, let scalar):
            let factor = reciprocal(value(of: scalar, &known))
            return scaled(apply(inner, transposed: transposed, to: x, &known), by: factor)
        case .composition(let first, let second):
            let (outer, inner) = transposed ? (second, first) : (first, second)
            return apply(outer, transposed: transposed, to: apply(inner, transposed: transposed, to: x, &known), &known)
        case .kfac(let options): return kroneckerProduct(options, .product, x, kind)
        case .dampedInverse(let options, let damping, let isHeuristic):
            if options.form == .ekfac {
                return kroneckerProduct(
                    options, .spectral(SpectralFunction(shift: damping, exponent: -1)), x, kind)
            }
            return kroneckerProduct(
                options, isHeuristic ? .heuristicInverse(damping: damping) : .factorInverse(damping: damping), x, kind)
        case .inverse where map.spectralKronecker != nil, .power where map.spectralKronecker != nil:
            let form = map.spectralKronecker!
            return kroneckerProduct(form.options, .spectral(form.function), x, kind)
        case .power:
            guard let structured = map.structuredPower else { preconditionFailure("a power without eigenvectors") }
            return apply(structured, transposed: false, to: x, &known)
        case .inverse(let inner, let options, nil) where options.solver == .auto && usesClosedForms:
            if let structured = inner.structuredInverse(options) {
                return apply(structured, transposed: transposed, to: x, &known)
            }
            return solve(inner, options, nil, transposed: transposed, x, kind, &known)
        case .inverse(let inner, let options, let preconditioner):
            return solve(inner, options, preconditioner, transposed: transposed, x, kind, &known)
        case .submatrix(let inner, let rows, let columns):
            let (from, to) = transposed ? (rows, columns) : (columns, rows)
            let size = inner.kind.shape[transposed ? 0 : 1]
            let placed = intern(
                .elementary(.placed(from.ranges, size: size), [x]), kind.replacingEntries(by: size))
            let image = apply(inner, transposed: transposed, to: placed, &known)
            return intern(.elementary(.rows(to.ranges), [image]), kind)
        case .blockDiagonal(let blocks):
            var start = 0
            let images = blocks.map { block -> Value in
                let columns = block.kind.shape[transposed ? 0 : 1]
                let part = intern(
                    .elementary(.rows([start..<start + columns]), [x]), kind.replacingEntries(by: columns))
                start += columns
                return apply(block, transposed: transposed, to: part, &known)
            }
            return intern(.elementary(.stacked, images), kind)
        case .kronecker(let factors):
            let matrices = factors.map { matrix(of: $0, &known) }
            return intern(.elementary(.kroneckerProduct(isTransposed: transposed), matrices + [x]), kind)
        case .lowRank(let block):
            let block = value(of: block, &known)
            guard case .block(_, let rank) = self.kind(block) else { preconditionFailure("low rank needs a block") }
            let inner = intern(.denseProduct(block, isTransposed: true, x), kind.replacingEntries(by: rank))
            return intern(.denseProduct(block, isTransposed: false, inner), kind)
        case .number, .loss, .gradient, .prediction, .tensor, .application, .norm, .dot, .function:
            preconditionFailure("\(map.kind) is no operator")
        }
    }
}

extension Kind {
    /// The kind of an operator's product with a value of this kind.
    func replacingEntries(by entries: Int) -> Kind {
        if case .block(_, let columns) = self { .block(entries, columns) } else { .vector(entries) }
    }
}

/// A product that has been asked for.
struct OperatorProduct: Hashable {
    var map: Expression
    var isTransposed: Bool
    var argument: Value
}
