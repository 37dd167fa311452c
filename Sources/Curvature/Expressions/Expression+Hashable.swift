/// Structural equality: the same operations on the same leaves of the same sizes.
///
/// Numbers are compared by their bits (0 and -0 differ), so that equal expressions have equal results.
///
/// - Complexity: O(nodes), however often subtrees are shared. A pair of nodes is compared once; a pair that is met
///   again is equal, or the comparison would be over.
extension Expression: Hashable {
    public static func == (left: Expression, right: Expression) -> Bool {
        var compared: Set<Pair> = []
        return equal(left, right, &compared)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(structuralHash) }

    private struct Pair: Hashable {
        let left, right: ObjectIdentifier
    }

    private static func equal(_ left: Expression, _ right: Expression, _ compared: inout Set<Pair>) -> Bool {
        if left === right { return true }
        guard left.structuralHash == right.structuralHash, left.kind == right.kind, left.node.isLike(right.node)
        else { return false }
        let (leftOperands, rightOperands) = (left.operands, right.operands)
        guard leftOperands.count == rightOperands.count else { return false }
        if leftOperands.isEmpty { return true }
        let pair = Pair(left: ObjectIdentifier(left), right: ObjectIdentifier(right))
        guard compared.insert(pair).inserted else { return true }
        return zip(leftOperands, rightOperands).allSatisfy { equal($0, $1, &compared) }
    }
}

extension Expression.Node {
    /// The operation and its attributes, without operands.
    private enum Operation: Hashable {
        case number(UInt64)
        case tensor(String)
        case ggn(samples: Int?, seed: UInt64)
        case loss, gradient, prediction, hessian, empiricalFisher, jacobian, identity
        case inverse(InverseOptions)
        case kfac(KroneckerOptions)
        case dampedInverse(KroneckerOptions, UInt64, Bool)
        case power(UInt64)
        case function(MatrixFunction)
        case submatrix(rows: [Range<Int>], columns: [Range<Int>])
        case kronecker, blockDiagonal, lowRank
        case diagonal, dense, transpose, sum, scaled, quotient, composition, application, norm, dot
    }

    private var operation: Operation {
        switch self {
        case .number(let value): .number(value.bitPattern)
        case .loss: .loss
        case .gradient: .gradient
        case .prediction: .prediction
        case .tensor(let name): .tensor(name)
        case .hessian: .hessian
        case .ggn(let samples, let seed): .ggn(samples: samples, seed: seed)
        case .empiricalFisher: .empiricalFisher
        case .jacobian: .jacobian
        case .identity: .identity
        case .diagonal: .diagonal
        case .dense: .dense
        case .transpose: .transpose
        case .sum: .sum
        case .scaled: .scaled
        case .quotient: .quotient
        case .composition: .composition
        case .application: .application
        case .norm: .norm
        case .dot: .dot
        case .inverse(_, let options, _): .inverse(options)
        case .kfac(let options): .kfac(options)
        case .dampedInverse(let options, let damping, let isHeuristic):
            .dampedInverse(options, damping.bitPattern, isHeuristic)
        case .power(_, let exponent): .power(exponent.bitPattern)
        case .function(let function, _): .function(function)
        case .submatrix(_, let rows, let columns): .submatrix(rows: rows.ranges, columns: columns.ranges)
        case .kronecker: .kronecker
        case .blockDiagonal: .blockDiagonal
        case .lowRank: .lowRank
        }
    }

    fileprivate func isLike(_ other: Self) -> Bool { operation == other.operation }

    func structuralHash(_ kind: Kind) -> Int {
        var hasher = Hasher()
        hasher.combine(kind)
        hasher.combine(operation)
        for operand in operands { hasher.combine(operand.structuralHash) }
        return hasher.finalize()
    }
}
