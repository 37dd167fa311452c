/// A symmetric operator as U D U^T, of parts' eigenvectors and eigenvalues: what its inverse, powers, determinant and spectrum are worked out from.
struct Eigenform {
    /// U, orthogonal; nil for the identity.
    var vectors: Expression?
    /// D, a diagonal operator.
    var values: Expression

    /// Rows of the largest part that is decomposed; 0 where none is.
    var largestPart = 0

    /// Whether some eigenvalues are had cheaper by decomposing parts as a whole than by iterating.
    func isWorthIt(size: Int) -> Bool { largestPart <= 1024 || size >= 4 * largestPart }

    func changed(values: Expression) -> Eigenform {
        Eigenform(vectors: vectors, values: values, largestPart: largestPart)
    }

    /// U f(D) U^T.
    func with(values: Expression) throws(KindError) -> Expression {
        guard let vectors else { return values }
        return try .applied(vectors, .applied(values, .transpose(vectors)))
    }
}

extension Expression {
    /// Of a Kronecker product or block-diagonal operator with parts that are known matrices, shifted by a multiple of the identity or not, and of diagonals;
    /// nil for others. The operator is ``collapsed``.
    ///
    /// Parts may be matrices of which only the run knows whether they are symmetric: their eigenvalues ask for it.
    var eigenform: Eigenform? {
        var search = EigenformSearch()
        return search.form(of: self)
    }
}

/// Subtrees may be shared: each is looked at once.
private struct EigenformSearch {
    private var forms: [ObjectIdentifier: Eigenform?] = [:]
    private var matrices: [ObjectIdentifier: Bool] = [:]
    /// Rows of the largest part that is decomposed.
    private static let largestPart = 4096

    mutating func form(of map: Expression) -> Eigenform? {
        if let there = forms[ObjectIdentifier(map)] { return there }
        let form = try? find(map)
        forms[ObjectIdentifier(map)] = .some(form)
        return form
    }

    private mutating func find(_ map: Expression) throws(KindError) -> Eigenform? {
        switch map.node {
        case .kronecker(let factors): return try joined(factors, Expression.kronecker)
        case .blockDiagonal(let blocks): return try joined(blocks, Expression.blockDiagonal)
        case .identity, .diagonal: return Eigenform(vectors: nil, values: map)
        case .transpose(let inner): return form(of: inner)
        case .scaled(let scale, let inner):
            guard let own = form(of: inner) else { return nil }
            return own.changed(values: try .scaled(by: scale, own.values))
        case .quotient(let inner, let divisor):
            guard let own = form(of: inner) else { return nil }
            return own.changed(values: try .quotient(own.values, by: divisor))
        case .sum(let operands):
            // One term with eigenvectors of its own, and multiples of the identity, which has everybody's.
            var forms: [Eigenform] = []
            for operand in operands {
                guard let own = form(of: operand) else { return nil }
                forms.append(own)
            }
            let open = operands.indices.filter { !operands[$0].consistsOfIdentities }
            guard open.count <= 1 || forms.allSatisfy({ $0.vectors == nil }) else { return nil }
            let turned = open.first.map { forms[$0] } ?? forms[0]
            return turned.changed(values: try .sum(forms.map(\.values)))
        case .inverse(let inner, let options, nil) where options.solver == .auto:
            guard let own = form(of: inner) else { return nil }
            return own.changed(values: try .inverse(own.values, options))
        case .power(let inner, let exponent):
            guard let own = form(of: inner) else { return nil }
            return own.changed(values: try .power(own.values, exponent))
        case .composition(let first, let second):
            guard let left = form(of: first), let right = form(of: second), left.vectors == nil, right.vectors == nil
            else { return nil }
            return Eigenform(vectors: nil, values: try .applied(left.values, right.values))
        case .submatrix(let inner, let rows, let columns) where rows.ranges == columns.ranges:
            guard let own = form(of: inner), own.vectors == nil else { return nil }
            return Eigenform(vectors: nil, values: try .submatrix(own.values, rows: rows, columns: columns))
        default: return nil
        }
    }

    private mutating func joined(
        _ parts: [Expression], _ join: ([Expression]) throws(KindError) -> Expression
    ) throws(KindError) -> Eigenform? {
        var forms: [Eigenform] = []
        for part in parts {
            guard part.isSquare, part.properties.isSymmetric != false else { return nil }
            var known = form(of: part)
            if known == nil { known = try decomposed(part) }
            guard let form = known else { return nil }
            forms.append(form)
        }
        var joined = Eigenform(vectors: nil, values: try join(forms.map(\.values)))
        joined.largestPart = forms.map(\.largestPart).max() ?? 0
        guard forms.contains(where: { $0.vectors != nil }) else { return joined }
        var vectors: [Expression] = []
        for (form, part) in zip(forms, parts) { vectors.append(form.vectors ?? .identity(part.kind.shape[0])) }
        joined.vectors = try join(vectors)
        return joined
    }

    private mutating func decomposed(_ part: Expression) throws(KindError) -> Eigenform? {
        let size = part.kind.shape[0]
        guard size <= Self.largestPart, isMatrix(part) else { return nil }
        let options = SpectrumOptions(count: size, end: .smallest)
        let values = try Expression.diagonal(.function(.eigenvalues(options), of: part))
        let vectors = try Expression.dense(.function(.eigenvectors(options), of: part))
        return Eigenform(vectors: vectors, values: values, largestPart: size)
    }

    /// Whether products with it need no pass over the data and no iteration.
    private mutating func isMatrix(_ map: Expression) -> Bool {
        if let there = matrices[ObjectIdentifier(map)] { return there }
        var isMatrix =
            switch map.node {
            case .identity, .diagonal, .dense, .lowRank, .sum, .scaled, .quotient, .transpose, .composition, .submatrix,
                .kronecker, .blockDiagonal:
                true
            default: false
            }
        for operand in map.operands where isMatrix && operand.kind.name == "operator" {
            isMatrix = self.isMatrix(operand)
        }
        matrices[ObjectIdentifier(map)] = isMatrix
        return isMatrix
    }
}
