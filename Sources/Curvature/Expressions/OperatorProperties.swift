/// What is known of an operator from how it is made. It is worked out once for each node, from its operands'.
package struct OperatorProperties: Hashable, Sendable {
    /// Whether the operator is its own transpose; nil where that depends on numbers that only the run sees.
    package var isSymmetric: Bool?
    /// Whether x^T A x >= 0 for every x, whatever the numbers.
    package var isPositiveSemidefinite = false
    /// Whether x^T A x > 0 for every x but zero, whatever the numbers: then it has an inverse.
    package var isPositiveDefinite = false

    /// Whether all entries off the diagonal are zero.
    package var isDiagonal = false

    static let unknown = OperatorProperties(isSymmetric: nil)
    static let none = OperatorProperties(isSymmetric: false)

    init(isSymmetric: Bool?, isPositiveSemidefinite: Bool = false, isPositiveDefinite: Bool = false) {
        (self.isSymmetric, self.isPositiveSemidefinite) = (isSymmetric, isPositiveSemidefinite)
        self.isPositiveDefinite = isPositiveDefinite
    }

    init(_ node: Expression.Node) {
        switch node {
        case .identity:
            self.init(isSymmetric: true, isPositiveSemidefinite: true, isPositiveDefinite: true)
            isDiagonal = true
        case .ggn, .empiricalFisher, .kfac, .dampedInverse: self.init(isSymmetric: true, isPositiveSemidefinite: true)
        case .power(let operand, let exponent):
            // Roots are positive, and so are squares.
            let isOdd = exponent.truncatingRemainder(dividingBy: 2).magnitude == 1
            self.init(
                isSymmetric: true, isPositiveSemidefinite: !isOdd || operand.properties.isPositiveSemidefinite,
                isPositiveDefinite: operand.properties.isPositiveDefinite)
            isDiagonal = operand.properties.isDiagonal
        case .hessian: self.init(isSymmetric: true)
        case .diagonal:
            self.init(isSymmetric: true)
            isDiagonal = true
        case .dense: self = .unknown
        case .lowRank: self.init(isSymmetric: true, isPositiveSemidefinite: true)
        case .submatrix(let operand, let rows, let columns):
            self = rows.ranges == columns.ranges ? operand.properties : .unknown
        case .kronecker(let operands), .blockDiagonal(let operands): self.init(blocks: operands.map(\.properties))
        case .transpose(let operand), .inverse(let operand, _, _): self = operand.properties
        case .scaled(let scale, let operand): self = operand.properties.scaled(by: scale.number)
        case .quotient(let operand, let divisor): self = operand.properties.scaled(by: divisor.number)
        case .sum(let operands): self.init(sum: operands.map(\.properties))
        case .composition(let first, let second): self.init(composition: first, second)
        default: self = .none
        }
    }

    /// A factor that only the run knows may have either sign.
    private func scaled(by factor: Double?) -> Self {
        var scaled = self
        scaled.isPositiveSemidefinite = isPositiveSemidefinite && (factor ?? -1) >= 0
        scaled.isPositiveDefinite = isPositiveDefinite && (factor ?? -1) > 0
        return scaled
    }

    private init(sum operands: [Self]) {
        let symmetries = operands.map(\.isSymmetric)
        let isSymmetric: Bool? =
            symmetries.allSatisfy { $0 == true } ? true : symmetries.contains(false) ? false : nil
        let isPositive = operands.allSatisfy(\.isPositiveSemidefinite)
        self.init(
            isSymmetric: isSymmetric, isPositiveSemidefinite: isPositive,
            isPositiveDefinite: isPositive && operands.contains(where: \.isPositiveDefinite))
        isDiagonal = operands.allSatisfy(\.isDiagonal)
    }

    /// Of Kronecker products and operators along the diagonal: what all of them have.
    private init(blocks: [Self]) {
        self.init(
            isSymmetric: blocks.allSatisfy { $0.isSymmetric == true } ? true : nil,
            isPositiveSemidefinite: blocks.allSatisfy(\.isPositiveSemidefinite),
            isPositiveDefinite: blocks.allSatisfy(\.isPositiveDefinite))
        isDiagonal = blocks.allSatisfy(\.isDiagonal)
    }

    /// Symmetric if it reads the same from behind, each factor transposed: C^T S C.
    private init(composition first: Expression, _ second: Expression) {
        guard first.kind.shape[0] == second.kind.shape[1] else {
            self = .none
            return
        }
        if first.properties.isDiagonal, second.properties.isDiagonal {
            self.init(isSymmetric: true)
            isDiagonal = true
            return
        }
        guard let factors = first.factors(limit: 32), let more = second.factors(limit: 32) else {
            self = .unknown
            return
        }
        let all = factors + more
        let isMirrored = all.indices.allSatisfy { all[$0].isTranspose(of: all[all.count - 1 - $0]) }
        if isMirrored {
            let middle = all[all.count / 2]
            self.init(
                isSymmetric: true,
                isPositiveSemidefinite: all.count.isMultiple(of: 2) || middle.properties.isPositiveSemidefinite)
        } else {
            self.init(isSymmetric: all.contains { $0.properties.isSymmetric == nil } ? nil : false)
        }
    }
}

extension Expression {
    /// The factors of a product of operators; nil where there are more than `limit`, which shared subtrees can make very many.
    func factors(limit: Int) -> [Expression]? {
        guard case .composition(let first, let second) = node else { return [self] }
        guard limit > 1, let left = first.factors(limit: limit - 1),
            let right = second.factors(limit: limit - left.count)
        else { return nil }
        return left.count + right.count <= limit ? left + right : nil
    }

    fileprivate func isTranspose(of other: Expression) -> Bool {
        if properties.isSymmetric == true, self == other { return true }
        if case .transpose(let operand) = node, operand == other { return true }
        if case .transpose(let operand) = other.node { return operand == self }
        return false
    }
}
