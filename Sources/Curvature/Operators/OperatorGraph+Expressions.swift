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
        case .norm(let x): result = intern(.norm(value(of: x, &known)), .scalar)
        case .dot(let a, let b):
            let (first, second) = (value(of: a, &known), value(of: b, &known))
            let (a, b) = ordered(first, second)
            result = intern(.dot(a, b), .scalar)
        case .hessian, .ggn, .empiricalFisher, .jacobian, .identity, .diagonal, .dense, .transpose, .composition,
            .inverse:
            preconditionFailure("an operator has no value; requests of this kind are refused before")
        }
        known[expression] = result
        return result
    }

    /// `map @ x`, or `transpose(map) @ x`.
    private mutating func apply(
        _ map: Expression, transposed: Bool, to x: Value, _ known: inout [Expression: Value]
    ) -> Value {
        guard case .operator(let rows, let columns) = map.kind else {
            preconditionFailure("only operators are applied")
        }
        let kind = kind(x).replacingEntries(by: transposed ? columns : rows)
        func pullback(_ source: PullbackTerm.Source) -> Quantity {
            .pullback([PullbackTerm(factor: 1, source: source)])
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
        case .inverse(let inner, let options, let preconditioner):
            func map(_ operand: Expression, isTransposed: Bool) -> Iteration.Map {
                let hole = intern(.hole(depth: operand.iterationDepth, kind), kind)
                return Iteration.Map(hole: hole, body: apply(operand, transposed: isTransposed, to: hole, &known))
            }
            var maps = [map(inner, isTransposed: transposed)]
            if let preconditioner { maps.append(map(preconditioner, isTransposed: transposed)) }
            // Least squares need the transpose beside the operator.
            if options.solver == .lsmr { maps.append(map(inner, isTransposed: !transposed)) }
            let solve = SolveOptions(
                solver: options.solver, tolerance: options.tolerance,
                mostIterations: options.maxIterations ?? min(rows, InverseOptions.defaultMostIterations),
                scale: options.scale ?? 1,
                isPositiveDefinite: inner.properties.isPositiveDefinite)
            return intern(.iteration(Iteration(task: .solve(solve), maps: maps, arguments: [x])), kind)
        case .number, .loss, .gradient, .prediction, .tensor, .application, .norm, .dot:
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
