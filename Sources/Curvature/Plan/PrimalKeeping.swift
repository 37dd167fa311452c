import TensorIR

/// Which primal values the passes of a plan keep for each other, and the schedules that leave and read them. It holds for every batch size.
struct PrimalKeeping {
    static let rule = "keep-primals"
    let nodes: NodeSet
    /// The first pass, which also leaves what is kept; nil where that has a program of its own.
    let leaving: Schedule?
    /// That program: the first run after `prepare()`.
    let fill: Schedule?
    /// For each pass that goes on from kept values: what is left of it.
    let cuts: [Schedule?]

    /// Nil where no pass would compute products again.
    init?(_ graph: TensorGraph, _ passes: [PlanDraft.Pass], _ planner: Planner, _ views: ViewLayouts) {
        let keepsForCaller = planner.options.keepsPrimalValues
        let readers = passes.indices.filter { $0 > 0 || passes[$0].isIterated || keepsForCaller }
        guard !readers.isEmpty, !planner.options.disabledRules.contains(PrimalKeeping.rule) else { return nil }
        let nodes = KeptValues.choose(graph, passes: readers.map { passes[$0].pass.outputs })
        guard !nodes.isEmpty else { return nil }
        let examples = planner.problem.shape.examples
        var cuts: [Schedule?] = passes.map { _ in nil }
        for reader in readers {
            let outputs = passes[reader].pass.outputs
            let whole = graph.matmulFlops(outputs, examples: examples)
            if graph.matmulFlops(outputs, kept: nodes, examples: examples) < whole {
                cuts[reader] = Scheduler.schedule(graph, outputs: outputs, kept: nodes, views: views)
            }
        }
        guard cuts.contains(where: { $0 != nil }) else { return nil }
        (self.nodes, self.cuts) = (nodes, cuts)
        if keepsForCaller {
            fill = Scheduler.schedule(graph, outputs: nodes.nodes, views: views)
            leaving = nil
        } else {
            let own = NodeSet(passes[0].pass.outputs)
            let outputs = passes[0].pass.outputs + nodes.nodes.filter { !own.contains($0) }
            leaving = Scheduler.schedule(graph, outputs: outputs, views: views)
            fill = nil
        }
    }

    /// How explain calls what it serves.
    var served: String { "primal values of \(cuts.count { $0 != nil }) pass(es)" }
}

extension TensorGraph {
    /// Multiply-adds of the products that `outputs` take, as 2 each.
    fileprivate func matmulFlops(_ outputs: [Node], kept: NodeSet = [], examples: Int) -> Int {
        ancestors(of: outputs, stoppingAt: kept).reduce(0) { sum, node in
            guard nodeClass(node) == .computed, !kept.contains(node) else { return sum }
            let operands = operands(node).map { type($0) }
            return sum + primitive(node).matmulFlops(operands, result: type(node), examples: examples)
        }
    }
}
