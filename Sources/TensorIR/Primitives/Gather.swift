import Kernels

/// Rows of a table by index. The table is lead + batch + (rows) + rest, the indices batch + any, the result lead + batch +
/// any + rest. Embedding tables have no batch axes; max-pooling gathers with examples and channels as batch.
package struct Gather: Primitive {
    /// How many leading axes of the table the indices lack: 1 for a block of tangents, else 0.
    package var lead: Int
    /// How many axes after those the table and the indices share.
    package var batchAxes: Int
    package init(lead: Int = 0, batchAxes: Int = 0) { (self.lead, self.batchAxes) = (lead, batchAxes) }

    package var name: String { "gather" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let (table, indices) = (operands[0], operands[1])
        guard indices.element == .int64 else {
            throw GraphError.invalid(self, "indices must be integers, found \(indices)")
        }
        let rowAxis = lead + batchAxes
        guard table.shape.rank > rowAxis, indices.shape.rank >= batchAxes,
            Array(table.shape.dimensions[lead..<rowAxis]) == Array(indices.shape.dimensions[..<batchAxes])
        else {
            throw GraphError.invalid(
                self, "table \(table.shape) and indices \(indices.shape) do not share \(batchAxes) axes")
        }
        guard !table.shape[rowAxis].isSymbolic else {
            throw GraphError(.examplesMeet, "gather: picks examples out of \(table.shape)")
        }
        let result =
            table.shape.dimensions[..<rowAxis] + indices.shape.dimensions[batchAxes...]
            + table.shape.dimensions[(rowAxis + 1)...]
        return TensorType(Shape(Array(result)), table.element)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        try tangents[0].map { try graph.append(self, $0, operands[1]) }
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        let rows = graph.shape(operands[0])[lead + batchAxes].inner
        return try graph.append(ScatterAdd(rows: rows, lead: lead, batchAxes: batchAxes), cotangent, operands[1])
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try batchIndexed(
            operands, batched, size, lead, graph, shared: Gather(lead: lead, batchAxes: batchAxes + 1),
            leading: Gather(lead: lead + 1, batchAxes: batchAxes))
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        GatherKernel(x: operands[0], indices: operands[1], output: result, lead: lead, batch: batchAxes)
    }
}

/// Adds rows to a table of zeros by index: the transpose of `Gather`. Rows with one index add in order.
package struct ScatterAdd: Primitive {
    package var rows: Int
    package var lead: Int
    package var batchAxes: Int
    package init(rows: Int, lead: Int = 0, batchAxes: Int = 0) {
        (self.rows, self.lead, self.batchAxes) = (rows, lead, batchAxes)
    }

    package var name: String { "scatter-add" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        let (updates, indices) = (operands[0], operands[1])
        let (shared, any) = (lead + batchAxes, indices.shape.rank - batchAxes)
        guard indices.element == .int64, any >= 0, updates.shape.rank >= shared + any,
            Array(updates.shape.dimensions[lead..<(shared + any)]) == indices.shape.dimensions
        else { throw GraphError.invalid(self, "updates \(updates.shape) do not go with indices \(indices.shape)") }
        let result =
            updates.shape.dimensions[..<shared] + [Dimension(rows)] + updates.shape.dimensions[(shared + any)...]
        return TensorType(Shape(Array(result)), updates.element)
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        try tangents[0].map { try graph.append(self, $0, operands[1]) }
    }
    package func transpose(_ index: Int, cotangent: Node, operands: [Node], in graph: TensorGraph) throws -> Node {
        try graph.append(Gather(lead: lead, batchAxes: batchAxes), cotangent, operands[1])
    }
    package func batch(_ operands: [Node], batched: [Bool], size: Int, in graph: TensorGraph) throws -> Node {
        try batchIndexed(
            operands, batched, size, lead, graph, shared: ScatterAdd(rows: rows, lead: lead, batchAxes: batchAxes + 1),
            leading: ScatterAdd(rows: rows, lead: lead + 1, batchAxes: batchAxes))
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
    package func flops(_ operands: [TensorType], result: TensorType, examples: Int) -> Int {
        result.element.isFloating ? operands[0].shape.count(examples: examples) : 0
    }
    package var canAccumulate: Bool { true }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        ScatterAddKernel(
            updates: operands[0], indices: operands[1], output: result, lead: lead, batch: batchAxes,
            accumulate: accumulate)
    }
}

/// A block of values with shared indices gets one more leading axis; a block of indices makes K a shared axis.
private func batchIndexed(
    _ operands: [Node], _ batched: [Bool], _ size: Int, _ lead: Int, _ graph: TensorGraph,
    shared: some Primitive, leading: some Primitive
) throws -> Node {
    guard batched[1] else { return try graph.append(leading, operands) }
    precondition(lead == 0, "indices of a block whose values already have a leading axis")
    let values = try batched[0] ? operands[0] : graph.broadcastLeading(operands[0], size: size)
    return try graph.append(shared, values, operands[1])
}
