import Kernels

/// For each index of an example's, (examples, positions), the first position that has the same one: what is added there is added up by index, without
/// a table of all of them.
package struct FirstOccurrence: Primitive {
    /// Indices below 0 count from the end of these.
    package var rows: Int
    package init(rows: Int) { self.rows = rows }

    package var name: String { "first-occurrence" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let indices = operands[0]
        guard indices.element == .int64, indices.shape.rank == 2, !indices.shape[1].isSymbolic else {
            throw GraphError.invalid(self, "\(indices) are no indices of examples")
        }
        return indices
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        nil
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        FirstOccurrenceKernel(operands[0], rows: rows, output: result)
    }
    package func scratchBytes(_ operands: [TensorType], examples: Int, width: Int) -> [Int] {
        let sizes = operands[0].shape.sizes(examples: examples)
        return Array(repeating: FirstOccurrenceKernel.scratchBytes(positions: sizes[1]), count: min(sizes[0], 64))
    }
}
