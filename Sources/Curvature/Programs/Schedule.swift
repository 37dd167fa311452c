import Kernels
import TensorIR

/// The steps of a data pass in order, each one kernel, and what memory they need. It depends on the graph alone: the same
/// schedule serves any batch size.
package struct Schedule {
    package enum Work {
        /// One primitive's own kernel.
        case primitive(Node)
        /// A chain of elementwise operations in one sweep over memory: a position in `groups`.
        case fused(Int)
        /// A dense copy of a view, for kernels that need one.
        case copy(of: Node)
    }
    package struct Step {
        package var phase: Phase
        package var work: Work
        /// Positions in `buffers`.
        fileprivate var reads: Range<Int>
        fileprivate var writes: Range<Int>
    }

    package let graph: TensorGraph
    /// The graph's nodes as they were when the schedule was made.
    let structure: GraphStructure
    package let outputs: [Node]
    /// Values of an earlier program that this one reads instead of computing them.
    package let kept: NodeSet
    package private(set) var steps: [Step] = []
    /// Elementwise sweeps.
    package private(set) var groups: [FusedElementwise] = []
    /// What the steps read and write, one after the other.
    private var buffers: [Buffer] = []
    /// Leaves that the steps read.
    package internal(set) var leaves: [Node] = []
    /// Sums over examples.
    package internal(set) var frontier = NodeSet()
    /// Views that read the dense copy of their operand.
    var readsCopy = NodeSet()
    /// Operands that kernels read through a dense copy.
    var copies = NodeSet()
    /// When buffers are needed.
    var lifetimes = Lifetimes()

    init(_ graph: TensorGraph, outputs: [Node], kept: NodeSet) {
        (self.graph, self.outputs, self.kept) = (graph, outputs, kept)
        structure = graph.structure
    }

    /// The buffers that a step reads, in its operands' or loads' order.
    package func reads(_ step: Step) -> ArraySlice<Buffer> { buffers[step.reads] }
    package func writes(_ step: Step) -> ArraySlice<Buffer> { buffers[step.writes] }

    mutating func append(_ phase: Phase, _ work: Work, reads: some Sequence<Buffer>, writes: some Sequence<Buffer>) {
        let start = buffers.count
        buffers += reads
        let middle = buffers.count
        buffers += writes
        steps.append(Step(phase: phase, work: work, reads: start..<middle, writes: middle..<buffers.count))
    }

    mutating func append(_ phase: Phase, _ group: FusedElementwise) {
        groups.append(group)
        let reads = group.loads.map { buffer($0) }
        append(phase, .fused(groups.count - 1), reads: reads, writes: group.stores.map { Buffer.value($0.node) })
    }

    /// Whether a value is there from the start.
    func isLeaf(_ node: Node) -> Bool { structure[node].nodeClass.isLeaf || kept.contains(node) }

    /// The buffer behind a value: that of its views' root.
    package func buffer(_ node: Node) -> Buffer {
        var node = node
        while structure[node].nodeClass.isView {
            let operand = structure.source(node)
            if readsCopy.contains(node) { return .copy(operand) }
            node = operand
        }
        return .value(node)
    }

    /// Whether a value is its buffer in row-major order.
    func isDense(_ node: Node) -> Bool {
        switch structure[node].nodeClass {
        case .reshape: readsCopy.contains(node) || isDense(structure.source(node))
        case .detached: isDense(structure.source(node))
        case .broadcast, .permute, .slice: false
        default: true
        }
    }
}

/// Elementwise nodes of one shape computed together, tile by tile.
package struct FusedElementwise {
    package struct Operation {
        package var node: Node
        /// The registers of its operands, the last one again where it has fewer than three.
        package var sources: (Int, Int, Int)
    }
    package var shape: Shape
    /// Values read from memory; register i holds load i.
    package var loads: [Node] = []
    /// Operations in order: each fills one further register, from registers.
    package var operations: [Operation] = []
    /// Members whose values others need.
    package var stores: [(register: Int, node: Node)] = []
}
