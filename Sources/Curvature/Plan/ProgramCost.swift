import TensorIR

/// What a program counts, and what its steps read and write in memory, in each phase.
package struct ProgramCost: Hashable, Sendable {
    /// Multiply-adds of matrix products and convolutions, as 2 each.
    package var matmulFlops = 0
    /// All floating-point work, `matmulFlops` included.
    package var flops = 0
    package var bytes = 0

    package static func + (a: Self, b: Self) -> Self {
        ProgramCost(matmulFlops: a.matmulFlops + b.matmulFlops, flops: a.flops + b.flops, bytes: a.bytes + b.bytes)
    }
    package static func += (a: inout Self, b: Self) { a = a + b }
    package static func * (count: Int, a: Self) -> Self {
        ProgramCost(matmulFlops: count * a.matmulFlops, flops: count * a.flops, bytes: count * a.bytes)
    }
}

extension Schedule {
    /// - Parameters:
    ///   - examples: In all batches together.
    ///   - phases: Those that run.
    func cost(
        examples: Int, precision: Precision, phases: [Phase] = Phase.allCases
    ) -> ProgramCost {
        var cost = ProgramCost()
        func bytes(_ buffers: ArraySlice<Buffer>) -> Int {
            buffers.reduce(0) { sum, buffer in
                let record = structure[buffer.node]
                return sum + record.count(examples: examples) * record.element.storage(precision).byteCount
            }
        }
        for step in steps where phases.contains(step.phase) {
            cost.bytes += bytes(reads(step)) + bytes(writes(step))
            switch step.work {
            case .copy: break
            case .fused(let group):
                for operation in groups[group].operations {
                    let record = structure[operation.node]
                    if record.nodeClass.operation!.isArithmetic,
                        structure[structure.operands(operation.node).last!].element.isFloating
                    {
                        cost.flops += record.count(examples: examples)
                    }
                }
            case .primitive(let node):
                let operands = structure.operands(node).map { graph.type($0) }
                let primitive = graph.primitive(node)
                cost.matmulFlops += primitive.matmulFlops(operands, result: graph.type(node), examples: examples)
                cost.flops += primitive.flops(operands, result: graph.type(node), examples: examples)
            }
        }
        return cost
    }
}
