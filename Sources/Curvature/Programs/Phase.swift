import TensorIR

/// When a node of a data pass is computed.
package enum Phase: Int, Comparable, CaseIterable, Sendable {
    /// Once a run, before the first batch: what depends on parameters and vectors alone (a tied weight's transpose, a position table).
    case prologue
    /// For every batch: what has an example axis, and the sums over examples, which add up over batches.
    case body
    /// Once a run, after the last batch: what depends on such sums.
    case epilogue

    package static func < (a: Phase, b: Phase) -> Bool { a.rawValue < b.rawValue }
}

/// The phases of all nodes that `outputs` need.
struct PhaseAnalysis {
    private(set) var phases: NodeTable<Phase>
    /// Sums over examples: no example axis, but an operand has one.
    private(set) var frontier = NodeSet()

    /// - Parameter kept: Values that are there already, whatever they were made of.
    init(_ graph: TensorGraph, nodes: [Node], kept: NodeSet) {
        phases = NodeTable(count: graph.count)
        for node in nodes {
            let operands = kept.contains(node) ? [] : graph.operands(node)
            if graph.hasExamples(node) {
                precondition(
                    operands.allSatisfy { !frontier.contains($0) && phases[$0] != .epilogue },
                    "a sum over examples reaches an example again: \(graph.primitive(node).name)")
                phases[node] = .body
            } else if operands.contains(where: { graph.hasExamples($0) }) {
                phases[node] = .body
                frontier.insert(node)
            } else if operands.contains(where: { frontier.contains($0) || phases[$0] == .epilogue }) {
                phases[node] = .epilogue
            } else {
                phases[node] = .prologue
            }
        }
    }
}
