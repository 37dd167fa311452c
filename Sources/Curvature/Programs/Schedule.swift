import TensorIR

/// The steps of a data pass in order, each one kernel, and what memory they need. It depends on the graph alone: the same
/// schedule serves any batch size.
package struct Schedule {
    package enum Work {
        /// One primitive's own kernel.
        case primitive(Node)
        /// A chain of elementwise operations in one sweep over memory.
        case fused(FusedElementwise)
        /// A dense copy of a view, for kernels that need one.
        case copy(of: Node)
    }
    package struct Step {
        package var phase: Phase
        package var work: Work
        /// The buffers it reads and writes.
        package var reads: [Buffer]
        package var writes: [Buffer]
    }
    /// What holds a value in memory.
    package enum Buffer: Hashable {
        case value(Node)
        case copy(Node)
    }

    package let graph: TensorGraph
    package let outputs: [Node]
    /// Values of an earlier program that this one reads instead of computing them.
    package let kept: Set<Node>
    package internal(set) var steps: [Step] = []
    /// Leaves that the steps read.
    package internal(set) var leaves: [Node] = []
    package internal(set) var phases: [Node: Phase] = [:]
    package internal(set) var frontier: Set<Node> = []
    /// Views that read the dense copy of their operand.
    var readsCopy: Set<Node> = []
    /// Operands that kernels read through a dense copy.
    var copies: Set<Node> = []
}

/// Elementwise nodes of one shape computed together, tile by tile.
package struct FusedElementwise {
    package var shape: Shape
    /// Values read from memory; register i holds load i.
    package var loads: [Node] = []
    /// Operations in order: each fills one further register, from registers.
    package var operations: [(node: Node, sources: [Int])] = []
    /// Members whose values others need.
    package var stores: [(register: Int, node: Node)] = []
    var registers: [Node: Int] = [:]
    var members: Set<Node> = []
}
