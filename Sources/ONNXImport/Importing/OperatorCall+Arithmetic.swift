import Kernels
import TensorIR

/// Elementwise operations on values: on the host where all operands are known, else in the graph.
extension OperatorCall {
    func unary(_ operation: ElementwiseOperation, _ x: Value) throws -> Value {
        if case .host(let tensor) = x, tensor.count <= HostTensor.foldLimit || tensor.isSymbolic,
            let folded = try HostTensor.unary(operation, tensor)
        {
            return .host(folded)
        }
        let node = try asNode(x)
        let found = graph.type(node).element
        let fits: Bool =
            switch operation {
            case .negate, .absolute, .sign, .identity: found != .bool
            case .not: found == .bool
            default: found == .real
            }
        guard fits else { throw invalid("it is not defined for elements of type \(found)") }
        return .node(operation == .negate ? try graph.negate(node) : try graph.unary(operation, node))
    }

    func binary(_ operation: ElementwiseOperation, _ a: Value, _ b: Value) throws -> Value {
        if case (.host(let x), .host(let y)) = (a, b), let folded = try HostTensor.binary(operation, x, y) {
            return .host(folded)
        }
        let nodes = try broadcastTogether([try asNode(a), try asNode(b)])
        let (x, y) = (nodes[0], nodes[1])
        let (element, other) = (graph.type(x).element, graph.type(y).element)
        guard element == other else { throw invalid("element types \(element) and \(other) do not go together") }
        if element == .bool {
            switch operation {
            case .and, .or, .xor: break
            case .equal: return .node(try graph.not(graph.binary(.xor, x, y)))
            default: throw invalid("it is not defined for booleans")
            }
        } else if [.and, .or, .xor].contains(operation) {
            throw invalid("it is defined for booleans, found \(element)")
        }
        return .node(try graph.binary(operation, x, y))
    }

    func select(_ condition: Value, _ a: Value, _ b: Value) throws -> Value {
        if case (.host(let c), .host(let x), .host(let y)) = (condition, a, b),
            let folded = try HostTensor.select(c, x, y)
        {
            return .host(folded)
        }
        let nodes = try broadcastTogether([try asNode(condition), try asNode(a), try asNode(b)])
        if case .host(let known) = condition, let first = known.booleans().first,
            known.booleans().allSatisfy({ $0 == first })
        {
            return .node(first ? nodes[1] : nodes[2])
        }
        return .node(try graph.select(nodes[0], nodes[1], nodes[2]))
    }

    func cast(_ x: Value, to element: ElementType) throws -> Value {
        if try self.element(x) == element { return x }
        switch x {
        case .host(let tensor): return .host(try tensor.cast(to: element))
        case .node(let node):
            // A parameter read as integers or booleans takes part in shape arithmetic.
            if let tensor = try hostIfKnown(x), tensor.count <= HostTensor.foldLimit {
                return .host(try tensor.cast(to: element))
            }
            return .node(try graph.cast(node, to: element))
        case .sequence: throw invalid("a sequence is no tensor")
        }
    }

    /// A real constant that goes with `x`.
    func filled(_ value: Double, like x: Node) throws -> Node { try graph.filled(value, like: x) }
}

/// Short names for what composed operators are made of.
extension OperatorCall {
    func add(_ a: Node, _ b: Node) throws -> Node { try elementwise(.add, a, b) }
    func subtract(_ a: Node, _ b: Node) throws -> Node { try elementwise(.subtract, a, b) }
    func multiply(_ a: Node, _ b: Node) throws -> Node { try elementwise(.multiply, a, b) }
    func divide(_ a: Node, _ b: Node) throws -> Node { try elementwise(.divide, a, b) }
    private func elementwise(_ operation: ElementwiseOperation, _ a: Node, _ b: Node) throws -> Node {
        let nodes = try broadcastTogether([a, b])
        return try graph.binary(operation, nodes[0], nodes[1])
    }
    func plus(_ x: Node, _ value: Double) throws -> Node { try graph.add(x, filled(value, like: x)) }
    func times(_ x: Node, _ value: Double) throws -> Node { try graph.scale(x, by: value) }
    /// Inclusive at both ends, as PyTorch's clamp: the derivative at a bound is 1.
    func clamp(_ x: Node, _ low: Node?, _ high: Node?) throws -> Node {
        var result = x
        if let low {
            let pair = try broadcastTogether([result, low])
            result = try graph.select(graph.less(pair[0], pair[1]), pair[1], pair[0])
        }
        if let high {
            let pair = try broadcastTogether([result, high])
            result = try graph.select(graph.less(pair[1], pair[0]), pair[1], pair[0])
        }
        return result
    }
    func clamp(_ x: Node, _ low: Double, _ high: Double) throws -> Node {
        try clamp(x, filled(low, like: x), filled(high, like: x))
    }
}
