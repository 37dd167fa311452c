/// Systems with the same operator and solver, none of which needs another's solution, are solved together: one iteration with a block of
/// right-hand sides, whose passes over the data they share.
package struct MergeSolves: Rule {
    package let name = "merge-solves"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        var level = 1
        while true {
            let (solves, deepest) = solves(at: level, in: graph, roots)
            guard level <= deepest else { return rewrites }
            level += 1
            // The same operator: equal once it is applied to a vector.
            var groups: [(key: Iteration, members: [Value])] = []
            for solve in solves {
                guard case .iteration(let iteration) = graph[solve] else { continue }
                let key = graph.appliedToVectors(iteration)
                if let index = groups.firstIndex(where: { $0.key == key }) {
                    groups[index].members.append(solve)
                } else {
                    groups.append((key, [solve]))
                }
            }
            for group in groups where group.members.count > 1 {
                let (merged, images) = merge(group.members, in: &graph)
                rewrites.append(
                    Rewrite(
                        rule: name, before: group.members.map { graph.text($0) }.joined(separator: ", "),
                        after: graph.text(merged)))
                roots = graph.rewrite(roots) { _, value in images[value] ?? value }
            }
        }
    }

    /// Solves that need the solutions of `level` - 1 others, one after the other; and how far that goes.
    private func solves(at level: Int, in graph: OperatorGraph, _ roots: [Value]) -> ([Value], Int) {
        let analysis = HoleAnalysis(graph, roots: roots)
        var levels: [Value: Int] = [:]
        var found: [Value] = []
        for value in graph.reachable(from: roots) {
            var own = analysis.needs(of: value).map { levels[$0] ?? 0 }.max() ?? 0
            if case .iteration(let iteration) = graph[value], analysis.holes(of: value).isEmpty {
                own += 1
                if own == level, case .solve = iteration.task { found.append(value) }
            }
            levels[value] = own
        }
        return (found, levels.values.max() ?? 0)
    }

    private func merge(_ solves: [Value], in graph: inout OperatorGraph) -> (Value, [Value: Value]) {
        guard case .iteration(let first) = graph[solves[0]] else { preconditionFailure("only solves are merged") }
        let arguments = solves.map { solve -> Value in
            guard case .iteration(let iteration) = graph[solve] else { preconditionFailure("only solves are merged") }
            return iteration.arguments[0]
        }
        let counts = arguments.map { graph.kind($0).columns ?? 1 }
        let kind = graph.kind(arguments[0]).with(columns: counts.reduce(0, +))
        let block = graph.intern(.columns(arguments), kind)
        let maps = first.maps.map { graph.applied($0, toColumns: kind.columns) }
        let merged = graph.intern(.iteration(Iteration(task: first.task, maps: maps, arguments: [block])), kind)
        var images: [Value: Value] = [:]
        var start = 0
        for (solve, count) in zip(solves, counts) {
            images[solve] = graph.intern(.columnRange(merged, from: start), graph.kind(solve))
            start += count
        }
        return (merged, images)
    }
}

extension OperatorGraph {
    /// An operator with a hole of as many columns.
    fileprivate mutating func applied(_ map: Iteration.Map, toColumns columns: Int?) -> Iteration.Map {
        guard case .hole(let depth, let holeKind) = self[map.hole] else { preconditionFailure("a map has a hole") }
        let kind = holeKind.with(columns: columns)
        let hole = intern(.hole(depth: depth, kind), kind)
        return Iteration.Map(hole: hole, body: filling(map, with: hole))
    }

    /// An iteration without its right-hand sides, its operators applied to vectors: what two solves have in common.
    fileprivate mutating func appliedToVectors(_ iteration: Iteration) -> Iteration {
        var key = iteration
        key.arguments = []
        key.maps = iteration.maps.map { applied($0, toColumns: nil) }
        return key
    }
}
