import Kernels

extension TensorGraph {
    package func input(_ role: InputLeaf.Role, _ type: TensorType) throws -> Node {
        try append(InputLeaf(role, type))
    }
    package func scalar(_ value: Double) throws -> Node { try constant(Constant([], [value])) }
    package func scalar(_ value: Int64) throws -> Node { try constant(Constant([], [value])) }

    package func filled(_ value: Double, _ shape: Shape, _ element: ElementType = .real) throws -> Node {
        let scalar =
            switch element {
            case .real: try scalar(value)
            case .float64: try cast(scalar(value), to: .float64)
            case .int64: try self.scalar(Int64(value))
            case .bool: try constant(Constant([], [value != 0]))
            }
        return try broadcast(scalar, to: shape, axes: [])
    }
    package func filled(_ value: Double, like node: Node) throws -> Node {
        try filled(value, shape(node), type(node).element)
    }
    package func zeros(like node: Node) throws -> Node { try filled(0, like: node) }
}
