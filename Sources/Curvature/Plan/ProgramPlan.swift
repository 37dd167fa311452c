import Kernels
import TensorIR

/// A tensor program with its schedule and its place in memory: what one step of a plan runs.
package struct ProgramPlan {
    /// A result, or a parameter's piece of one, that the program writes right into the plan's value.
    package struct Placement {
        package var value: Value
        /// The first element in the value.
        package var start: Int
    }
    package let schedule: Schedule
    package let layout: ProgramLayout
    package let placements: [Schedule.Buffer: Placement]
    package let matmulFlops: Int
    package let flops: Int
    /// What the steps read and write in memory.
    package let bytes: Int

    /// - Parameters:
    ///   - results: Nodes that whole values, or parts of them from `start`, consist of.
    ///   - examples: The largest batch; `total`: all examples of a run.
    init(
        _ schedule: Schedule, results: [(node: Node, value: Value, start: Int)], precision: Precision, examples: Int,
        total: Int
    ) {
        self.schedule = schedule
        var placements: [Schedule.Buffer: Placement] = [:]
        for result in results where placements[.value(result.node)] == nil && schedule.isComputedInPlace(result.node) {
            placements[.value(result.node)] = Placement(value: result.value, start: result.start)
        }
        self.placements = placements
        let external = Set(schedule.leaves.filter { schedule.isExternal($0) }.map { Schedule.Buffer.value($0) })
        layout = ProgramLayout(
            schedule, precision: precision, examples: examples, external: external.union(placements.keys))
        (matmulFlops, flops) = schedule.flops(examples: total)
        bytes = schedule.bytes(examples: total, precision: precision)
    }
}

extension Schedule {
    /// Whether a leaf lies outside the arena: parameters, constants, the plan's values, and vectors that are pieces of one.
    package func isExternal(_ leaf: Node) -> Bool {
        guard let input = graph.primitive(leaf) as? InputLeaf else { return true }
        switch input.role {
        case .parameter, .value: return true
        case .vector(_, _, let hasColumns): return !hasColumns
        case .auxiliary: return true
        case .data, .exampleWeights, .outputVector, .tangent: return false
        }
    }

    /// Whether a node has a buffer of its own that a run writes once all batches are done.
    fileprivate func isComputedInPlace(_ node: Node) -> Bool {
        !leaves.contains(node) && !graph.isView(node) && !graph.shape(node).hasExamples
    }

    fileprivate func bytes(examples: Int, precision: Precision) -> Int {
        steps.reduce(0) { sum, step in
            (step.reads + step.writes).reduce(sum) { sum, buffer in
                let type = graph.type(buffer.node)
                return sum + type.shape.count(examples: examples) * type.element.storage(precision).byteCount
            }
        }
    }

    /// What the kernels will count for `examples` in all.
    fileprivate func flops(examples: Int) -> (matmul: Int, all: Int) {
        var (matmul, all) = (0, 0)
        for step in steps {
            switch step.work {
            case .copy: break
            case .fused(let group):
                let counted = group.operations.count { operation in
                    (graph.primitive(operation.node) as! Elementwise).operation.isArithmetic
                        && graph.type(graph.operands(operation.node).last!).element.isFloating
                }
                all += counted * group.shape.count(examples: examples)
            case .primitive(let node):
                let operands = graph.operands(node).map { graph.type($0) }
                matmul += graph.primitive(node).matmulFlops(operands, result: graph.type(node), examples: examples)
                all += graph.primitive(node).flops(operands, result: graph.type(node), examples: examples)
            }
        }
        return (matmul, all)
    }
}
