import Kernels

/// A value that a run brings: parameters, data, vectors, scalars. Leaves have no operands, and memory of their own.
package struct InputLeaf: Primitive {
    package enum Role: Hashable, Sendable {
        /// The parameter tensor with this index in the model.
        case parameter(Int)
        /// A tensor of the data set; its first axis is the examples.
        case data(String)
        /// A tensor of the loss's options that goes along with the examples.
        case exampleWeights(String)
        /// The piece for one parameter of a vector (or block, with a leading K) in parameter space.
        case vector(slot: Int, parameter: Int, hasColumns: Bool)
        /// A vector (or block) in output space, read along with the examples.
        case outputVector(slot: Int, hasColumns: Bool)
        /// A tensor that is not per example: class weights, the inverse of the loss's divisor.
        case auxiliary(String)
        /// A value of the plan, whole, where an algebra step works on it.
        case value(Int)
        /// Stands for a parameter's tangent while a linear map is transposed. It is never evaluated.
        case tangent(Int)
    }
    package var role: Role
    package var type: TensorType
    package init(_ role: Role, _ type: TensorType) { (self.role, self.type) = (role, type) }

    package var name: String { "input" }
    package var nodeClass: NodeClass { .input }
    package func resultType(_ operands: [TensorType]) throws -> TensorType { type }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) -> Node? { nil }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        preconditionFailure("a leaf is not computed")
    }
}

/// A tensor of the graph's constant table.
package struct ConstantLeaf: Primitive {
    package var id: Int
    package var type: TensorType
    package var name: String { "constant" }
    package var nodeClass: NodeClass { .constant }
    package func resultType(_ operands: [TensorType]) throws -> TensorType { type }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) -> Node? { nil }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        preconditionFailure("a leaf is not computed")
    }
}
