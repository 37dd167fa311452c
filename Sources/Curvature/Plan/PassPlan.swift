import TensorIR

/// A data pass as it runs: one program for batches whose primal values have to be computed, another for those whose are kept.
package struct PassPlan {
    package let pass: DataPass
    /// Runs on batches whose primal values are not kept; nil where every batch's are.
    package let full: ProgramPlan?
    /// Goes on from kept values; nil where nothing is kept.
    package let cut: ProgramPlan?
    /// Whether the full program leaves its primal values for later.
    package let isFirst: Bool
    /// Columns of its blocks for each run; one run without a range where they fit at once.
    package let chunks: [Range<Int>?]

    package var programs: [ProgramPlan] { [full, cut].compactMap(\.self) }
    /// The program whose memory has sums over examples, and results.
    package var main: ProgramPlan { full ?? cut! }
}

/// Primal values that passes keep for each other: forward values, and adjoints where Hessian products need them.
package struct PrimalPlan {
    package let nodes: [Node]
    /// Where a batch's values lie; a slot has the same form.
    package let offsets: [Node: Int]
    package let slotBytes: Int
    /// Batches whose values are kept from one pass to the next; those after them are computed again.
    package let keptBatches: Int
    /// All batches are kept, and lie where they are used, if there is just one.
    package let isSingle: Bool
    /// Fills the slots where nobody else does: the first run after `prepare()`.
    package let fill: ProgramPlan?

    /// Slots, and the place that programs work on.
    package var byteCount: Int { (isSingle ? 1 : 1 + keptBatches) * slotBytes }

    static func layout(_ nodes: NodeSet, graph: TensorGraph, _ precision: Precision, batch: Int) -> (
        offsets: [Node: Int], byteCount: Int
    ) {
        var offsets: [Node: Int] = [:]
        var end = 0
        for node in nodes.nodes {
            offsets[node] = end
            let bytes = graph.count(node, examples: batch) * graph.element(node).storage(precision).byteCount
            end += (bytes + ProgramLayout.alignment - 1) / ProgramLayout.alignment * ProgramLayout.alignment
        }
        return (offsets, end)
    }
}

/// Arithmetic on values, as it runs.
package struct AlgebraPlan {
    package let step: AlgebraStep
    package let program: ProgramPlan
}

/// An iteration with the plans of its operators.
package struct IterationPlan {
    package let value: Value
    package let iteration: Iteration
    /// For each of the iteration's maps: what one application runs.
    package let bodies: [[Plan.Step]]
    /// Applications of each map that are expected.
    package let expectedRuns: [Int]
    /// What will end it, and what is counted until then.
    package let course: (goal: IterationProgress.Goal, unit: IterationProgress.Unit)
    /// What the solver itself needs of memory.
    package let workspaceBytes: Int
}
