/// What the structure of an operator says about its trace, norm, determinant and diagonal without a single product (mathematics.md,
/// section 8): sums and scalars are gone through, and blocks go one by one.
extension OperatorGraph {
    // MARK: Trace and diagonal

    mutating func trace(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value {
        linear(.trace(options), of: map, .scalar, &known) { graph, part, known in
            graph.closedTrace(part, options, &known)
        }
    }

    mutating func diagonal(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value {
        linear(.diagonal(options), of: map, .vector(map.kind.shape[0]), &known) { graph, part, known in
            graph.closedDiagonal(part, options, &known)
        }
    }

    /// A linear function of an operator, term by term: those with a closed form, and the others together.
    private mutating func linear(
        _ function: MatrixFunction, of map: Expression, _ kind: Kind, _ known: inout [Expression: Value],
        closed: (inout OperatorGraph, Expression, inout [Expression: Value]) -> Value?
    ) -> Value {
        guard function.estimator!.isExact, usesClosedForms, let terms = map.linearTerms() else {
            return estimate(function, over: map, kind, &known)
        }
        var parts: [CombinationTerm] = []
        var open: [Expression] = []
        for term in terms {
            guard let value = closed(&self, term.map, &known) else {
                open.append(term.expression)
                continue
            }
            let factor = term.scale.map { self.value(of: $0, &known) }
            parts.append(CombinationTerm(factor: 1, scalar: nil, value: factor.map { scaled(value, by: $0) } ?? value))
        }
        guard !parts.isEmpty else { return estimate(function, over: map, kind, &known) }
        if let rest = open.count > 1 ? try? Expression.sum(open) : open.first {
            parts.append(CombinationTerm(factor: 1, scalar: nil, value: estimate(function, over: rest, kind, &known)))
        }
        let value = combination(parts, kind)
        noteClosedForm(function, map, value)
        return value
    }

    private mutating func closedTrace(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value? {
        if let value = kronecker(.trace, of: map, .scalar) { return value }
        let size = map.kind.shape[0]
        switch map.node {
        case .identity(let size): return number(Double(size))
        case .composition(let first, let second):
            if let value = kroneckerTrace(first, second) { return value }
            let collapsed = map.collapsed
            if case .composition = collapsed.node { return nil }
            return trace(collapsed, options, &known)
        case .lowRank(let block):
            let norm = intern(.norm(value(of: block, &known)), .scalar)
            return product(norm, norm)
        case .kronecker(let factors) where factors.allSatisfy(\.isSquare):
            return factors.map { trace($0, EstimatorOptions(method: .exact), &known) }.reduce(nil) { product($0, $1) }
        case .blockDiagonal(let blocks) where blocks.allSatisfy(\.isSquare):
            let traces = blocks.map { trace($0, EstimatorOptions(method: .exact), &known) }
            return combination(traces.map { CombinationTerm(factor: 1, scalar: nil, value: $0) }, .scalar)
        default:
            guard let diagonal = closedDiagonal(map, options, &known) else { return nil }
            return intern(.dot(intern(.ones(size), .vector(size)), diagonal), .scalar)
        }
    }

    private mutating func closedDiagonal(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value? {
        let size = map.kind.shape[0]
        let kind = Kind.vector(size)
        if let value = kronecker(.diagonal, of: map, kind) ?? diagonalEntries(map, &known) { return value }
        switch map.node {
        case .composition:
            let collapsed = map.collapsed
            if case .composition = collapsed.node { return nil }
            return closedDiagonal(collapsed, options, &known)
        case .dense(let block): return intern(.elementary(.matrixDiagonal, [value(of: block, &known)]), kind)
        case .ggn, .empiricalFisher: return curvatureDiagonal(map.outerProducts!, map, options, &known)
        case .lowRank(let block): return intern(.elementary(.rowSquares, [value(of: block, &known)]), kind)
        case .kronecker(let factors) where factors.allSatisfy(\.isSquare):
            let diagonals = factors.map { diagonal($0, EstimatorOptions(method: .exact), &known) }
            return intern(.elementary(.kroneckerVector, diagonals), kind)
        case .blockDiagonal(let blocks) where blocks.allSatisfy(\.isSquare):
            let diagonals = blocks.map { diagonal($0, EstimatorOptions(method: .exact), &known) }
            return intern(.elementary(.stacked, diagonals), kind)
        case .submatrix(let inner, let rows, let columns) where rows.ranges == columns.ranges && inner.isSquare:
            guard let whole = closedDiagonal(inner, options, &known) else { return nil }
            return intern(.elementary(.rows(rows.ranges), [whole]), kind)
        default: return nil
        }
    }

    /// Groups of backward columns for which an exact method is asked for by name: beyond, products with unit vectors are the better way.
    private static let mostColumnGroups = 64

    /// By squares of single gradients; of parameters for which these are not known, by products with their unit vectors.
    private mutating func curvatureDiagonal(
        _ curvature: OuterProductCurvature, _ map: Expression, _ options: EstimatorOptions,
        _ known: inout [Expression: Value]
    ) -> Value? {
        let columns = curvature.columnsPerExample(shape)
        // Where another method may do, samples cost less than several groups.
        let groups = options.method == .exact && columns < shape.parameters ? OperatorGraph.mostColumnGroups : 1
        guard let hasExampleGradients, hasExampleGradients.contains(true),
            columns <= groups * DiagonalLowering.mostColumns
        else { return nil }
        let kind = Kind.vector(shape.parameters)
        let whole = intern(.curvatureDiagonal(curvature), kind)
        let missing = zip(shape.parameterExtents, hasExampleGradients).filter { !$1 }.map(\.0)
        guard !missing.isEmpty else { return whole }
        let rest = EntrySelection(text: missing.map(\.name).joined(separator: ","), ranges: missing.map(\.entries))
        guard let part = try? Expression.submatrix(map, rows: rest, columns: rest) else { return nil }
        let own = estimate(.diagonal(EstimatorOptions(method: .exact)), over: part, .vector(rest.count), &known)
        let placed = intern(.elementary(.placed(rest.ranges, size: shape.parameters), [own]), kind)
        return combination([whole, placed].map { CombinationTerm(factor: 1, scalar: nil, value: $0) }, kind)
    }

    // MARK: Norm and determinant

    mutating func frobeniusNorm(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value {
        let function = MatrixFunction.frobeniusNorm(options)
        guard options.isExact, usesClosedForms, let value = closedNorm(map, &known) else {
            return estimate(function, over: map, .scalar, &known)
        }
        noteClosedForm(function, map, value)
        return value
    }

    private mutating func closedNorm(_ map: Expression, _ known: inout [Expression: Value]) -> Value? {
        if let value = kronecker(.frobeniusNorm, of: map, .scalar) ?? kroneckerNorm(map) { return value }
        if let entries = diagonalEntries(map, &known) { return intern(.norm(entries), .scalar) }
        func exact(_ map: Expression) -> Value { frobeniusNorm(map, EstimatorOptions(method: .exact), &known) }
        switch map.node {
        case .dense(let x): return intern(.norm(value(of: x, &known)), .scalar)
        case .transpose(let inner): return closedNorm(inner, &known)
        case .scaled(let scale, let inner):
            guard let norm = closedNorm(inner, &known) else { return nil }
            return scaled(norm, by: magnitude(value(of: scale, &known)))
        case .quotient(let inner, let divisor):
            guard let norm = closedNorm(inner, &known) else { return nil }
            return scaled(norm, by: reciprocal(magnitude(value(of: divisor, &known))))
        case .lowRank(let block):
            // The entries of U U^T and U^T U have the same sum of squares.
            let block = value(of: block, &known)
            guard case .block(_, let columns) = kind(block) else { return nil }
            let gram = intern(.denseProduct(block, isTransposed: true, block), .block(columns, columns))
            return intern(.norm(gram), .scalar)
        case .kronecker(let factors): return factors.map { exact($0) }.reduce(nil) { product($0, $1) }
        case .blockDiagonal(let blocks):
            let squares = blocks.map { block -> CombinationTerm in
                let norm = exact(block)
                return CombinationTerm(factor: 1, scalar: norm, value: norm)
            }
            return squareRoot(combination(squares, .scalar))
        case .sum, .composition:
            let collapsed = map.collapsed
            switch collapsed.node {
            case .blockDiagonal, .kronecker: return closedNorm(collapsed, &known)
            default:
                guard map.properties.isSymmetric == true else { return nil }
                return collapsed.eigenform.flatMap { closedNorm($0.values, &known) }
            }
        default: return nil
        }
    }

    mutating func logdet(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value {
        let function = MatrixFunction.logdet(options)
        guard options.isExact, usesClosedForms, let value = closedLogdet(map, options, &known) else {
            return estimate(function, over: map, .scalar, &known)
        }
        noteClosedForm(function, map, value)
        return value
    }

    private mutating func closedLogdet(
        _ map: Expression, _ options: EstimatorOptions, _ known: inout [Expression: Value]
    ) -> Value? {
        if let value = kronecker(.logdet, of: map, .scalar) { return value }
        let size = Double(map.kind.shape[0])
        func exact(_ map: Expression) -> Value { logdet(map, options, &known) }
        func sum(_ terms: [(factor: Double, value: Value)]) -> Value {
            combination(terms.map { CombinationTerm(factor: $0.factor, scalar: nil, value: $0.value) }, .scalar)
        }
        if case .identity = map.node { return number(0) }
        if let entries = diagonalEntries(map, &known) {
            return intern(.elementary(.sumOfLogarithms(isRounded: false), [entries]), .scalar)
        }
        switch map.node {
        case .transpose(let inner): return exact(inner)
        case .scaled(let scale, _) where (scale.number ?? 1) <= 0: return nil
        case .quotient(_, let divisor) where (divisor.number ?? 1) < 0: return nil
        case .scaled(let scale, let inner):
            let logarithm = logarithm(value(of: scale, &known))
            return sum([(size, logarithm), (1, exact(inner))])
        case .quotient(let inner, let divisor):
            let logarithm = logarithm(value(of: divisor, &known))
            return sum([(-size, logarithm), (1, exact(inner))])
        case .inverse(let inner, _, _): return sum([(-1, exact(inner))])
        case .kronecker(let factors) where factors.allSatisfy(\.isSquare):
            return sum(factors.map { (size / Double($0.kind.shape[0]), exact($0)) })
        case .blockDiagonal(let blocks) where blocks.allSatisfy(\.isSquare): return sum(blocks.map { (1, exact($0)) })
        case .sum:
            let collapsed = map.collapsed
            switch collapsed.node {
            case .blockDiagonal, .kronecker: return closedLogdet(collapsed, options, &known)
            default:
                if let form = collapsed.eigenform, form.vectors != nil,
                    let entries = diagonalEntries(form.values, &known)
                {
                    return intern(.elementary(.sumOfLogarithms(isRounded: true), [entries]), .scalar)
                }
            }
            // det(s U U^T + d I) = d^(n - k) det(s U^T U + d I).
            guard let form = map.shiftedLowRank, let small = form.capacitance else {
                return outputSpaceLogdet(map, isOpen: options.method == .auto)
            }
            let others = size - Double(small.kind.shape[0])
            return sum([(1, exact(small)), (others, logarithm(number(form.shift)))])
        default: return nil
        }
    }

    // MARK: Scalars

    private mutating func number(_ value: Double) -> Value { intern(.number(value), .scalar) }
    private mutating func magnitude(_ scalar: Value) -> Value {
        if case .number(let value) = self[scalar] { return number(abs(value)) }
        return intern(.norm(scalar), .scalar)
    }
    private mutating func logarithm(_ scalar: Value) -> Value { intern(.elementary(.logarithm, [scalar]), .scalar) }
    private mutating func squareRoot(_ scalar: Value) -> Value { intern(.elementary(.squareRoot, [scalar]), .scalar) }

    mutating func noteClosedForm(_ function: MatrixFunction, _ map: Expression, _ value: Value) {
        let note = Rewrite(
            rule: OperatorGraph.closedForms, before: "\(function.name)(\(map.text(limit: 200)))",
            after: text(value, depth: 5))
        if !choices.contains(note) { choices.append(note) }
    }

    /// As `--disable-rule` and explain name it.
    package static let closedForms = "closed-forms"
}
