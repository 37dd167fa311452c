import Kernels

/// What passes over a graph ask of a primitive again and again, looked up once when a node is made.
package enum NodeClass: Hashable, Sendable {
    case input
    case constant
    case elementwise(ElementwiseOperation)
    case broadcast
    case permute
    case reshape
    case slice
    case detached
    /// All others: kernels of their own.
    case computed

    package var isLeaf: Bool { self == .input || self == .constant }
    /// Whether it is another reading of its operand's memory.
    package var isView: Bool {
        switch self {
        case .broadcast, .permute, .reshape, .slice, .detached: true
        default: false
        }
    }
    /// The operation of an elementwise primitive.
    package var operation: ElementwiseOperation? {
        if case .elementwise(let operation) = self { operation } else { nil }
    }
}
