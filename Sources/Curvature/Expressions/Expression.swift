/// A quantity to compute: an immutable tree, built lazily, that says what is wanted and not how.
///
/// `hessian @ v` in text and the factories here build the same nodes. Each node knows its ``kind``; the factories
/// check kinds, so that no expression exists that cannot be computed. The trees follow what the user wrote: only
/// arithmetic on plain numbers is carried out, and rewriting is left to the compiler.
///
/// Subtrees may be shared (a request that uses an earlier one by name holds its node, not a copy). Comparing, hashing
/// and resizing take time in the number of *nodes*; printing alone follows the tree, and is bounded by a limit.
public final class Expression: Sendable {
    /// The operation, for whoever compiles it.
    package let node: Node
    /// What it has as a value: a number, a vector, a block, predictions or an operator, with its sizes.
    public let kind: Kind
    /// Nodes on the longest path to a leaf, this one included; at most ``depthLimit``, so that recursion over an
    /// expression is safe.
    package let depth: Int
    /// Whether every operator leaf below is an identity, so that the size is free: it can be taken from what the
    /// expression is added to or composed with.
    package let consistsOfIdentities: Bool
    /// Of the structure, computed once from the operands' own.
    let structuralHash: Int
    /// How deep inverses, and whatever else iterates, lie within each other.
    package let iterationDepth: Int
    /// What is known of it as an operator.
    package let properties: OperatorProperties

    package static let depthLimit = 1000

    package enum Node: Sendable {
        /// Always finite.
        case number(Double)
        case loss
        case gradient
        /// (N, ..., C).
        case prediction
        /// A tensor that the user supplies, by its name; the kind has its shape.
        case tensor(String)
        /// D x D, second derivatives of the loss.
        case hessian
        /// D x D, J^T H_out J / m; exact where `samples` is nil (the seed is then 0), else from labels drawn from the
        /// model. `fisher` is the same node.
        case ggn(samples: Int?, seed: UInt64)
        case empiricalFisher
        /// N*T*C x D.
        case jacobian
        /// Kronecker-factored blocks, one for each layer.
        case kfac(KroneckerOptions)
        case identity(Int)
        /// n x n, a vector of n entries on the diagonal.
        case diagonal(Expression)
        /// n x k, a block (n, k) as the matrix it is.
        case dense(Expression)
        case transpose(Expression)
        /// Two or more of one kind. A difference is a sum with an operand scaled by -1.
        case sum([Expression])
        /// A scalar times anything. Where both are scalars, a number comes first; two numbers are one number.
        case scaled(by: Expression, Expression)
        /// Anything divided by a scalar.
        case quotient(Expression, by: Expression)
        /// A after B, both operators.
        case composition(Expression, Expression)
        /// The inverse of Kronecker-factored blocks with each factor damped by itself.
        case dampedInverse(KroneckerOptions, damping: Double, isHeuristic: Bool)
        /// A power of a symmetric operator whose eigenvectors are known.
        case power(Expression, Double)
        /// A function of an operator as a whole: its trace, its eigenvalues.
        case function(MatrixFunction, Expression)
        /// Some rows and columns of an operator.
        case submatrix(Expression, rows: EntrySelection, columns: EntrySelection)
        /// The Kronecker product of two or more operators.
        case kronecker([Expression])
        /// Operators along the diagonal, zeros elsewhere.
        case blockDiagonal([Expression])
        /// U U^T, for a block U.
        case lowRank(Expression)
        /// The inverse of an operator, applied by a solver that may be preconditioned.
        case inverse(Expression, InverseOptions, preconditioner: Expression?)
        /// An operator applied to a vector or to each column of a block.
        case application(Expression, to: Expression)
        /// Euclidean; of a block, Frobenius.
        case norm(Expression)
        /// Of two vectors.
        case dot(Expression, Expression)
    }

    /// A node whose operands have been checked.
    init(_ node: Node, checked kind: Kind) {
        (self.node, self.kind) = (node, kind)
        depth = 1 + (node.operands.lazy.map(\.depth).max() ?? 0)
        consistsOfIdentities = node.consistsOfIdentities
        structuralHash = node.structuralHash(kind)
        properties = OperatorProperties(node)
        let inner = node.operands.lazy.map(\.iterationDepth).max() ?? 0
        iterationDepth =
            switch node {
            case .inverse, .function: inner + 1
            default: inner
            }
    }

    /// A node whose operands have been checked, but for their depth.
    static func make(_ node: Node, _ kind: Kind) throws(KindError) -> Expression {
        let expression = Expression(node, checked: kind)
        guard expression.depth <= depthLimit else {
            throw KindError(
                "an expression", needs: "at most \(depthLimit) levels of nesting", found: "\(expression.depth)")
        }
        return expression
    }

    /// The expressions that this one is made of, in order.
    package var operands: [Expression] { node.operands }

    /// The value of a plain number.
    package var number: Double? {
        if case .number(let value) = node { value } else { nil }
    }
}

extension Expression.Node {
    var operands: [Expression] {
        switch self {
        case .number, .loss, .gradient, .prediction, .tensor, .hessian, .ggn, .empiricalFisher, .jacobian, .identity,
            .kfac, .dampedInverse:
            []
        case .diagonal(let operand), .dense(let operand), .transpose(let operand), .norm(let operand),
            .function(_, let operand), .power(let operand, _), .submatrix(let operand, _, _), .lowRank(let operand):
            [operand]
        case .sum(let operands), .kronecker(let operands), .blockDiagonal(let operands): operands
        case .inverse(let operand, _, let preconditioner): [operand] + [preconditioner].compactMap(\.self)
        case .scaled(let first, let second), .quotient(let first, let second), .composition(let first, let second),
            .application(let first, let second), .dot(let first, let second):
            [first, second]
        }
    }

    fileprivate var consistsOfIdentities: Bool {
        switch self {
        case .identity: true
        case .transpose(let operand), .scaled(_, let operand), .quotient(let operand, _),
            .inverse(let operand, _, preconditioner: nil):
            operand.consistsOfIdentities
        case .sum(let operands): operands.allSatisfy(\.consistsOfIdentities)
        case .composition(let first, let second): first.consistsOfIdentities && second.consistsOfIdentities
        default: false
        }
    }
}
