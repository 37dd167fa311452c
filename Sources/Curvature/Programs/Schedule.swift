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

    package let graph: TensorGraph
    package let outputs: [Node]
    /// Values of an earlier program that this one reads instead of computing them.
    package let kept: NodeSet
    package internal(set) var steps: [Step] = []
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
    }

    /// Whether a value is there from the start.
    func isLeaf(_ node: Node) -> Bool { graph.nodeClass(node).isLeaf || kept.contains(node) }

    /// The buffer behind a value: that of its views' root.
    package func buffer(_ node: Node) -> Buffer {
        var node = node
        while graph.isView(node) {
            let operand = graph.operands(node)[0]
            if readsCopy.contains(node) { return .copy(operand) }
            node = operand
        }
        return .value(node)
    }

    /// Whether a value is its buffer in row-major order.
    func isDense(_ node: Node) -> Bool {
        switch graph.nodeClass(node) {
        case .reshape: readsCopy.contains(node) || isDense(graph.operands(node)[0])
        case .detached: isDense(graph.operands(node)[0])
        case .broadcast, .permute, .slice: false
        default: true
        }
    }
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
}
