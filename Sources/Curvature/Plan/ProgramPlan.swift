import Kernels
import TensorIR

/// A tensor program with its schedule and its place in memory.
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
    /// Values that lie in windows: what it reads of another program, and what it leaves for others.
    package let windows: NodeSet

    /// - Parameters:
    ///   - results: Nodes that whole values, or parts of them from `start`, consist of.
    ///   - leaving: Outputs that it leaves in windows.
    ///   - examples: The largest batch.
    ///   - sharing: A program that runs on other batches of the same pass: sums over examples and results are kept in its memory.
    ///   - start, transientStart: Where in the arena its memory begins.
    init(
        _ schedule: Schedule, results: [(node: Node, value: Value, start: Int)], leaving: NodeSet = [],
        precision: Precision, examples: Int, sharing other: ProgramPlan? = nil, start: Int = 0,
        transientStart: Int? = nil
    ) {
        self.schedule = schedule
        var placements: [Schedule.Buffer: Placement] = [:]
        for result in results where placements[.value(result.node)] == nil && schedule.isComputedInPlace(result.node) {
            placements[.value(result.node)] = Placement(value: result.value, start: result.start)
        }
        self.placements = placements
        windows = leaving.union(schedule.kept)
        var external = BufferSet(nodes: schedule.structure.count)
        for leaf in schedule.leaves where schedule.isExternal(leaf) { external.insert(.value(leaf)) }
        for buffer in placements.keys { external.insert(buffer) }
        for node in windows.nodes { external.insert(.value(node)) }
        if let other {
            for buffer in schedule.meetingBuffers where other.layout.offsets[buffer] != nil { external.insert(buffer) }
        }
        layout = ProgramLayout(
            schedule, precision: precision, examples: examples, external: external, start: start,
            transientStart: transientStart)
    }

    /// What a run counts whose batches have `examples` in all.
    func cost(examples: Int, precision: Precision) -> ProgramCost {
        schedule.cost(examples: examples, precision: precision)
    }
}

extension Schedule {
    /// Whether a leaf lies outside the arena: parameters, constants, the plan's values, and vectors that are pieces of one.
    package func isExternal(_ leaf: Node) -> Bool {
        guard !kept.contains(leaf), graph.nodeClass(leaf) == .input,
            let input = graph.primitive(leaf) as? InputLeaf
        else { return true }
        switch input.role {
        case .parameter, .value: return true
        case .vector(_, _, let hasColumns): return !hasColumns
        case .auxiliary: return true
        case .data, .exampleWeights, .outputVector, .tangent: return false
        }
    }

    /// Buffers in which the batches of a run meet: sums over examples, and results without examples.
    var meetingBuffers: [Buffer] {
        var seen = BufferSet(nodes: structure.count)
        let results = outputs.filter { !structure[$0].hasExamples }
        return (frontier.nodes.map { .value($0) } + results.map { buffer($0) }).filter { seen.insert($0) }
    }

    /// Whether a node has a buffer of its own that a run writes once all batches are done.
    fileprivate func isComputedInPlace(_ node: Node) -> Bool {
        !isLeaf(node) && !graph.isView(node) && !graph.hasExamples(node)
    }
}
