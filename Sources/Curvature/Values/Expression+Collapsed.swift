/// Algebra of block-diagonal operators and Kronecker products on their parts: sums, multiples, products, transposes and powers of operators with the same
/// blocks are taken block by block, products of Kronecker products factor by factor, and a sum of Kronecker products that share all factors but one
/// is one Kronecker product. Nothing of the whole's size is formed.
extension Expression {
    /// The same operator with such structure on the outside, where it has any.
    var collapsed: Expression {
        var collapse = Collapse()
        return (try? collapse(self, depth: 0)) ?? self
    }
}

private struct Collapse {
    private var known: [ObjectIdentifier: Expression] = [:]
    private static let mostDepth = 512
    private static let mostTerms = 64

    mutating func callAsFunction(_ map: Expression, depth: Int) throws(KindError) -> Expression {
        guard depth < Self.mostDepth, map.kind.shape.count == 2 else { return map }
        if let there = known[ObjectIdentifier(map)] { return there }
        let result = try collapse(map, depth + 1)
        known[ObjectIdentifier(map)] = result
        return result
    }

    private mutating func collapse(_ map: Expression, _ depth: Int) throws(KindError) -> Expression {
        switch map.node {
        case .transpose(let inner):
            return try each(self(inner, depth: depth)) { (part) throws(KindError) in try .transpose(part) } ?? map
        case .power(let inner, let exponent):
            let own = try self(inner, depth: depth)
            // Eigenvalues of a Kronecker product may be positive where those of its factors are not.
            guard case .blockDiagonal(let parts) = own.node else { return try .power(own, exponent) }
            return try .blockDiagonal(Self.map(parts) { (part) throws(KindError) in try .power(part, exponent) })
        case .scaled(let scale, let inner):
            return try each(self(inner, depth: depth), isLinear: true) { (part) throws(KindError) in
                try .scaled(by: scale, part)
            } ?? map
        case .quotient(let inner, let divisor):
            return try each(self(inner, depth: depth), isLinear: true) { (part) throws(KindError) in
                try .quotient(part, by: divisor)
            } ?? map
        case .composition(let first, let second):
            return try product(self(first, depth: depth), self(second, depth: depth)) ?? map
        case .sum: return try sum(map, depth) ?? map
        default: return map
        }
    }

    // MARK: Part by part

    /// The same with each block changed, or each factor: of what is linear, one.
    private func each(
        _ map: Expression, isLinear: Bool = false, _ change: (Expression) throws(KindError) -> Expression
    ) throws(KindError) -> Expression? {
        switch map.node {
        case .blockDiagonal(let parts): return try .blockDiagonal(Self.map(parts, change))
        case .kronecker(let factors):
            return try .kronecker(isLinear ? [change(factors[0])] + factors[1...] : Self.map(factors, change))
        default: return nil
        }
    }
    private static func map(
        _ parts: [Expression], _ change: (Expression) throws(KindError) -> Expression
    ) throws(KindError) -> [Expression] {
        var changed: [Expression] = []
        for part in parts { changed.append(try change(part)) }
        return changed
    }

    private func product(_ first: Expression, _ second: Expression) throws(KindError) -> Expression? {
        func isAligned(_ left: [Expression], _ right: [Expression]) -> Bool {
            left.map { $0.kind.shape[1] } == right.map { $0.kind.shape[0] }
        }
        func products(_ left: [Expression], _ right: [Expression]) throws(KindError) -> [Expression] {
            var products: [Expression] = []
            for (a, b) in zip(left, right) { products.append(try .applied(a, b)) }
            return products
        }
        switch (first.node, second.node) {
        case (.identity, _): return second
        case (_, .identity): return first
        case (.blockDiagonal(let left), .blockDiagonal(let right)) where isAligned(left, right):
            return try .blockDiagonal(products(left, right))
        case (.kronecker(let left), .kronecker(let right)) where isAligned(left, right):
            return try .kronecker(products(left, right))
        default: return nil
        }
    }

    // MARK: Sums

    private struct Term {
        /// What it is multiplied with, from the outside in; nil for 1.
        var scale: Expression?
        var map: Expression
        var isIdentity: Bool { if case .identity = map.node { true } else { false } }
    }

    private mutating func sum(_ map: Expression, _ depth: Int) throws(KindError) -> Expression? {
        var terms: [Term] = []
        for operand in map.operands {
            guard try collect(operand, nil, depth, &terms) else { return nil }
        }
        switch terms.first(where: { $0.map.isStructured })?.map.node {
        case .blockDiagonal(let parts)?: return try blocks(terms, like: parts)
        case .kronecker(let factors)?:
            if let all = try kronecker(terms, like: factors) { return all }
            let (others, identities) = (terms.filter { !$0.isIdentity }, terms.filter(\.isIdentity))
            guard !identities.isEmpty, let product = try kronecker(others, like: factors) else { return nil }
            var sum = [product]
            for term in identities { sum.append(try scaled(term, term.map)) }
            return try .sum(sum)
        default: return nil
        }
    }

    /// The summands, collapsed, with what they are multiplied with; false where there are very many.
    private mutating func collect(
        _ map: Expression, _ scale: Expression?, _ depth: Int, _ terms: inout [Term]
    ) throws(KindError) -> Bool {
        guard depth < Self.mostDepth else { return false }
        switch map.node {
        case .sum(let operands):
            let collapsed = try self(map, depth: depth)
            if collapsed.isStructured {
                terms.append(Term(scale: scale, map: collapsed))
                return terms.count <= Self.mostTerms
            }
            for operand in operands {
                guard try collect(operand, scale, depth + 1, &terms) else { return false }
            }
            return true
        case .scaled(let factor, let inner):
            var product = factor
            if let scale { product = try .scaled(by: scale, factor) }
            return try collect(inner, product, depth + 1, &terms)
        case .quotient(let inner, let divisor):
            let one = try Expression.number(1)
            return try collect(inner, .quotient(scale ?? one, by: divisor), depth + 1, &terms)
        default:
            terms.append(Term(scale: scale, map: try self(map, depth: depth)))
            return terms.count <= Self.mostTerms
        }
    }

    private func scaled(_ term: Term, _ part: Expression) throws(KindError) -> Expression {
        guard let scale = term.scale else { return part }
        return try .scaled(by: scale, part)
    }
    private static func sum(_ parts: [Expression]) throws(KindError) -> Expression {
        parts.count == 1 ? parts[0] : try .sum(parts)
    }

    /// Block by block, where all have the blocks of the first: identities have any.
    private func blocks(_ terms: [Term], like parts: [Expression]) throws(KindError) -> Expression? {
        var sums: [Expression] = []
        for (index, part) in parts.enumerated() {
            var own: [Expression] = []
            for term in terms {
                switch term.map.node {
                case .identity where part.isSquare: own.append(try scaled(term, .identity(part.kind.shape[0])))
                case .blockDiagonal(let others) where others.map(\.kind) == parts.map(\.kind):
                    own.append(try scaled(term, others[index]))
                default: return nil
                }
            }
            sums.append(try Self.sum(own))
        }
        return try .blockDiagonal(sums)
    }

    /// In the one factor that not all of them share: an identity is the product of smaller ones.
    private func kronecker(_ terms: [Term], like factors: [Expression]) throws(KindError) -> Expression? {
        var rows: [[Expression]] = []
        for term in terms {
            switch term.map.node {
            case .kronecker(let own) where own.map(\.kind) == factors.map(\.kind): rows.append(own)
            case .identity where factors.allSatisfy(\.isSquare):
                rows.append(factors.map { .identity($0.kind.shape[0]) })
            default: return nil
            }
        }
        let differing = factors.indices.filter { index in rows.contains { $0[index] != rows[0][index] } }
        guard differing.count <= 1 else { return nil }
        let place = differing.first ?? 0
        var parts: [Expression] = []
        for (term, row) in zip(terms, rows) { parts.append(try scaled(term, row[place])) }
        var collapsed = rows[0]
        collapsed[place] = try Self.sum(parts)
        return try .kronecker(collapsed)
    }
}

extension Expression {
    fileprivate var isStructured: Bool {
        switch node {
        case .blockDiagonal, .kronecker: true
        default: false
        }
    }
}
