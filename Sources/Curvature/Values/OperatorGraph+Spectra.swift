/// Spectra of operators whose structure has them.
extension OperatorGraph {
    /// Eigenvalues (count) or eigenvectors (n, count).
    mutating func closedSpectrum(
        _ function: MatrixFunction, _ form: KroneckerFunction, _ map: Expression, _ kind: Kind,
        _ known: inout [Expression: Value]
    ) -> Value? {
        guard usesClosedForms else { return nil }
        guard let value = kronecker(form, of: map, kind) ?? spectrumOfParts(form, map, kind, &known) else { return nil }
        noteClosedForm(function, map, value)
        return value
    }

    /// By the eigenvalues and eigenvectors of an operator's parts.
    private mutating func spectrumOfParts(
        _ form: KroneckerFunction, _ map: Expression, _ kind: Kind, _ known: inout [Expression: Value]
    ) -> Value? {
        guard let parts = map.collapsed.eigenform, parts.isWorthIt(size: map.kind.shape[0]),
            let values = diagonalEntries(parts.values, &known)
        else {
            return nil
        }
        switch form {
        case .eigenvalues(let count, let end): return intern(.elementary(.extremes(count: count, end), [values]), kind)
        case .eigenvectors(let count, let end):
            let units = intern(.elementary(.extremeUnits(count: count, end), [values]), kind)
            return parts.vectors.map { apply($0, transposed: false, to: units, &known) } ?? units
        default: return nil
        }
    }

    /// The entries of an operator that has none off the diagonal, as its structure has them.
    mutating func diagonalEntries(_ map: Expression, _ known: inout [Expression: Value]) -> Value? {
        guard map.properties.isDiagonal else { return nil }
        // An operator has no other value that could be known.
        if let there = known[map] { return there }
        let entries = findDiagonalEntries(map, &known)
        known[map] = entries
        return entries
    }

    private mutating func findDiagonalEntries(_ map: Expression, _ known: inout [Expression: Value]) -> Value? {
        let kind = Kind.vector(map.kind.shape[0])
        func entries(_ parts: [Expression], _ known: inout [Expression: Value]) -> [Value]? {
            var values: [Value] = []
            for part in parts {
                guard let own = diagonalEntries(part, &known) else { return nil }
                values.append(own)
            }
            return values
        }
        switch map.node {
        case .identity(let size): return intern(.ones(size), kind)
        case .diagonal(let vector): return value(of: vector, &known)
        case .transpose(let inner): return diagonalEntries(inner, &known)
        case .scaled(let scale, let inner):
            let factor = value(of: scale, &known)
            return diagonalEntries(inner, &known).map { scaled($0, by: factor) }
        case .quotient(let inner, let divisor):
            let factor = reciprocal(value(of: divisor, &known))
            return diagonalEntries(inner, &known).map { scaled($0, by: factor) }
        case .sum(let operands):
            return entries(operands, &known).map { parts in
                combination(parts.map { CombinationTerm(factor: 1, scalar: nil, value: $0) }, kind)
            }
        case .composition(let first, let second):
            return entries([first, second], &known).map { intern(.diagonalProduct($0[0], $0[1]), kind) }
        case .kronecker(let factors):
            return entries(factors, &known).map { intern(.elementary(.kroneckerVector, $0), kind) }
        case .blockDiagonal(let blocks):
            return entries(blocks, &known).map { intern(.elementary(.stacked, $0), kind) }
        case .submatrix(let inner, let rows, let columns) where rows.ranges == columns.ranges:
            return diagonalEntries(inner, &known).map { intern(.elementary(.rows(rows.ranges), [$0]), kind) }
        case .inverse(let inner, let options, nil) where options.solver == .auto:
            return diagonalEntries(inner, &known).map { intern(.reciprocal($0), kind) }
        case .power(let inner, let exponent):
            return diagonalEntries(inner, &known).map { intern(.elementary(.power(exponent), [$0]), kind) }
        default: return nil
        }
    }
}
