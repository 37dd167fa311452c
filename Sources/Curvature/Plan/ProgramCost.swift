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
        func bytes(_ node: Node) -> Int {
            graph.count(node, examples: examples) * graph.element(node).storage(precision).byteCount
        }
        for step in steps where phases.contains(step.phase) {
            for buffer in step.reads { cost.bytes += bytes(buffer.node) }
            for buffer in step.writes { cost.bytes += bytes(buffer.node) }
            switch step.work {
            case .copy: break
            case .fused(let group):
                let counted = group.operations.count { operation in
                    graph.nodeClass(operation.node).operation!.isArithmetic
                        && graph.element(graph.operands(operation.node).last!).isFloating
                }
                cost.flops += counted * group.shape.count(examples: examples)
            case .primitive(let node):
                let operands = graph.operands(node).map { graph.type($0) }
                let primitive = graph.primitive(node)
                cost.matmulFlops += primitive.matmulFlops(operands, result: graph.type(node), examples: examples)
                cost.flops += primitive.flops(operands, result: graph.type(node), examples: examples)
            }
        }
        return cost
    }
}
