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
    /// Of each node of the graph; meaningless for those that are not needed.
    private(set) var phases: [Phase]
    /// Sums over examples: no example axis, but an operand has one.
    private(set) var frontier = NodeSet()

    /// - Parameter kept: Values that are there already, whatever they were made of.
    init(_ graph: TensorGraph, nodes: [Node], kept: NodeSet) {
        let structure = graph.structure
        phases = [Phase](repeating: .prologue, count: structure.count)
        for node in nodes {
            var (sums, follows) = (false, false)
            if !kept.contains(node) {
                for operand in structure.operands(node) {
                    sums = sums || structure[operand].hasExamples
                    follows = follows || phases[operand] == .epilogue || frontier.contains(operand)
                }
            }
            if structure[node].hasExamples {
                precondition(!follows, "a sum over examples reaches an example again: \(graph.primitive(node).name)")
                phases[node] = .body
            } else if sums {
                phases[node] = .body
                frontier.insert(node)
            } else if follows {
                phases[node] = .epilogue
            }
        }
    }
}
