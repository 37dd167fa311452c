extension Expression {
    /// A symmetric operator with the same eigenvalues, of a product that is not symmetric: P S, with a positive definite P of known eigenvectors and a
    /// symmetric S, is similar to P^1/2 S P^1/2; nil where the product has no such factors.
    var symmetricallySimilar: Expression? {
        guard properties.isSymmetric == false, let factors = factors(limit: 32), factors.count > 1 else { return nil }
        func similar(_ outer: Expression, _ inner: ArraySlice<Expression>) -> Expression? {
            guard let form = outer.spectralKronecker, form.function.scale >= 0, form.function.shift >= 0,
                form.options.isPositiveSemidefinite,
                let root = try? Expression.power(outer, 0.5),
                let product = try? inner.dropFirst().reduce(inner.first!, { try Expression.applied($0, $1) }),
                product.properties.isSymmetric == true
            else { return nil }
            return try? Expression.applied(Expression.applied(root, product), root)
        }
        return similar(factors[0], factors.dropFirst()) ?? similar(factors.last!, factors.dropLast())
    }
}
