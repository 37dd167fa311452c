import Kernels

/// One arithmetic operation on every element of operands of one shape. Broadcasting is a primitive of its own.
package struct Elementwise: Primitive {
    package var operation: ElementwiseOperation
    /// The result's element type where the operation is `cast`.
    package var target: ElementType?
    package init(_ operation: ElementwiseOperation, target: ElementType? = nil) {
        (self.operation, self.target) = (operation, target)
    }

    package var name: String { "\(operation)" }
    package var nodeClass: NodeClass { .elementwise(operation) }

    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let shape = operands[0].shape
        guard operands.dropFirst().allSatisfy({ $0.shape == shape }) else {
            throw GraphError.invalid(
                self, "shapes \(operands.map(\.shape.description).joined(separator: " and ")) differ")
        }
        // The first operand of a selection is its condition.
        let element = operands[operation == .select ? 1 : 0].element
        guard operands.dropFirst(2).allSatisfy({ $0.element == element }),
            operation == .select || operands.allSatisfy({ $0.element == element }),
            operation != .select || operands[0].element == .bool
        else {
            throw GraphError.invalid(
                self, "element types \(operands.map { "\($0.element)" }.joined(separator: " and ")) do not go together")
        }
        guard operation == .cast || operation.isDefined(for: element) else {
            throw GraphError.invalid(self, "not defined for \(element)")
        }
        switch operation {
        case .cast: return TensorType(shape, target!)
        case .equal, .less, .lessOrEqual, .isNaN, .isInf, .and, .or, .xor, .not: return TensorType(shape, .bool)
        default: return TensorType(shape, element)
        }
    }

    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        switch (operation, index) {
        case (.identity, 0), (.add, _), (.subtract, 0): return cotangent
        case (.negate, 0), (.subtract, 1): return try graph.negate(cotangent)
        case (.multiply, 0): return try graph.multiply(cotangent, operands[1])
        case (.multiply, 1): return try graph.multiply(cotangent, operands[0])
        case (.divide, 0): return try graph.divide(cotangent, operands[1])
        case (.select, 1): return try graph.select(operands[0], cotangent, graph.zeros(like: cotangent))
        case (.select, 2): return try graph.select(operands[0], graph.zeros(like: cotangent), cotangent)
        case (.cast, 0): return try graph.cast(cotangent, to: graph.type(operands[0]).element)
        default: preconditionFailure("\(name) is not linear in operand \(index)")
        }
    }

    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        let leading = try zip(operands, batched).map { try $1 ? $0 : graph.broadcastLeading($0, size: size) }
        return try graph.append(self, leading)
    }

    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        let count = operands.count
        let instruction = ElementwiseInstruction(
            operation: operation, storage: operands.last!.storage, resultStorage: result.storage, destination: count,
            sources: (0, min(1, count - 1), min(2, count - 1)))
        return ElementwiseKernel(
            sizes: result.sizes, loads: operands, instructions: [instruction], stores: [(count, result)],
            registerStorages: operands.map(\.storage) + [result.storage])
    }
}

extension ElementwiseOperation {
    fileprivate func isDefined(for element: ElementType) -> Bool {
        switch element {
        case .real, .float64: isDefined(for: Storage.float64)
        case .int64: isDefined(for: Storage.int64)
        case .bool: isDefined(for: Storage.bool)
        }
    }
}
