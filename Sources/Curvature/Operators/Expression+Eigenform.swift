/// A symmetric operator as U D U^T, of parts' eigenvectors and eigenvalues: what its inverse, powers, determinant and spectrum are worked out from.
struct Eigenform {
    /// U, orthogonal; nil for the identity.
    var vectors: Expression?
    /// D, a diagonal operator.
    var values: Expression

    /// U f(D) U^T.
    func with(values: Expression) throws(KindError) -> Expression {
        guard let vectors else { return values }
        return try .applied(vectors, .applied(values, .transpose(vectors)))
    }
}

extension Expression {
    /// Rows of the largest factor that is decomposed.
    private static let largestEigenFactor = 4096

    /// Of a Kronecker product or block-diagonal operator with parts that are known matrices, shifted by a multiple of the identity or not; nil for others. The
    /// operator is ``collapsed``.
    ///
    /// Parts may be matrices of which only the run knows whether they are symmetric: their eigenvalues ask for it.
    var eigenform: Eigenform? {
        switch node {
        case .kronecker(let factors):
            return try? Expression.joined(factors) { parts throws(KindError) in try .kronecker(parts) }
        case .blockDiagonal(let blocks):
            return try? Expression.joined(blocks) { parts throws(KindError) in try .blockDiagonal(parts) }
        case .identity, .diagonal: return Eigenform(vectors: nil, values: self)
        case .transpose(let inner): return inner.eigenform
        case .scaled(let scale, let inner):
            return inner.eigenform.flatMap { form in
                (try? Expression.scaled(by: scale, form.values)).map { Eigenform(vectors: form.vectors, values: $0) }
            }
        case .quotient(let inner, let divisor):
            return inner.eigenform.flatMap { form in
                (try? Expression.quotient(form.values, by: divisor)).map {
                    Eigenform(vectors: form.vectors, values: $0)
                }
            }
        case .sum(let operands):
            // One term with eigenvectors of its own, and multiples of the identity, which has everybody's.
            let forms = operands.compactMap(\.eigenform)
            let open = operands.indices.filter { !operands[$0].consistsOfIdentities }
            guard forms.count == operands.count, open.count <= 1 || forms.allSatisfy({ $0.vectors == nil }) else {
                return nil
            }
            return (try? Expression.sum(forms.map(\.values))).map { values in
                Eigenform(vectors: open.first.flatMap { forms[$0].vectors }, values: values)
            }
        case .inverse(let inner, let options, nil) where options.solver == .auto:
            return inner.eigenform.flatMap { form in
                (try? Expression.inverse(form.values, options)).map { Eigenform(vectors: form.vectors, values: $0) }
            }
        case .power(let inner, let exponent):
            return inner.eigenform.flatMap { form in
                (try? Expression.power(form.values, exponent)).map { Eigenform(vectors: form.vectors, values: $0) }
            }
        default: return nil
        }
    }

    /// Of a part of a structured operator.
    private var partEigenform: Eigenform? {
        guard isSquare, properties.isSymmetric != false else { return nil }
        if let own = eigenform { return own }
        let size = kind.shape[0]
        guard size <= Expression.largestEigenFactor, isMatrix else { return nil }
        let options = SpectrumOptions(count: size, end: .smallest)
        return try? {
            () throws(KindError) in
            let values = try Expression.diagonal(.function(.eigenvalues(options), of: self))
            return Eigenform(vectors: try .dense(.function(.eigenvectors(options), of: self)), values: values)
        }()
    }

    private static func joined(
        _ parts: [Expression], _ join: ([Expression]) throws(KindError) -> Expression
    ) throws(KindError) -> Eigenform? {
        var (vectors, values, isTurned) = ([Expression](), [Expression](), false)
        for part in parts {
            guard let form = part.partEigenform else { return nil }
            vectors.append(form.vectors ?? .identity(part.kind.shape[0]))
            values.append(form.values)
            isTurned = isTurned || form.vectors != nil
        }
        return Eigenform(vectors: isTurned ? try join(vectors) : nil, values: try join(values))
    }

    /// Whether products with it need no pass over the data and no iteration.
    private var isMatrix: Bool {
        switch node {
        case .identity, .diagonal, .dense, .lowRank: true
        case .sum, .scaled, .quotient, .transpose, .composition, .submatrix, .kronecker, .blockDiagonal:
            operands.allSatisfy { $0.kind == .scalar || $0.isMatrix }
        default: false
        }
    }
}
