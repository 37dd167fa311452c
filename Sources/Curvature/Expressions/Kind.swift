/// What an expression is, with its sizes. Kinds are checked while an expression is built, before any data is read.
public enum Kind: Hashable, Sendable {
    /// One number.
    case scalar
    /// A column of n entries: parameter space if n = D, output space if n = N*T*C.
    case vector(Int)
    /// k vectors of n entries side by side, (n, k) row-major.
    case block(Int, Int)
    /// A linear map that takes vectors of `columns` entries to vectors of `rows` entries.
    case `operator`(rows: Int, columns: Int)
    /// An array that is no vector: the prediction, (N, ..., C).
    case tensor([Int])

    /// The kind of a tensor that a user supplies, or nil for a shape that expressions have no use for.
    init?(tensorShape shape: [Int]) {
        switch shape.count {
        case 0: self = .scalar
        case 1: self = .vector(shape[0])
        case 2: self = .block(shape[0], shape[1])
        default: return nil
        }
    }
}

extension Kind {
    /// The word alone: "scalar", "vector", "block", "operator", "tensor".
    public var name: String {
        switch self {
        case .scalar: "scalar"
        case .vector: "vector"
        case .block: "block"
        case .operator: "operator"
        case .tensor: "tensor"
        }
    }

    /// The extents, outermost first; empty for a scalar.
    public var shape: [Int] {
        switch self {
        case .scalar: []
        case .vector(let entries): [entries]
        case .block(let rows, let columns), .operator(let rows, let columns): [rows, columns]
        case .tensor(let shape): shape
        }
    }
}

extension Kind: CustomStringConvertible {
    /// As a noun in a sentence: "a vector (506)", "an operator (506 x 506)".
    public var description: String {
        let sizes = shape.map(String.init)
        return switch self {
        case .scalar: "a scalar"
        case .operator: "an operator (\(sizes.joined(separator: " x ")))"
        case .vector, .block, .tensor: "a \(name) (\(sizes.joined(separator: ", ")))"
        }
    }
}
