/// Decides how an inverse is applied where the request leaves it open. What has a closed form was rewritten before; a small matrix is factorized; a
/// symmetric operator that is left is solved by conjugate gradients on its own products.
package struct ChooseSolver: Rule {
    package let name = "choose-solver"
    package init() {}

    package func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        roots = graph.rewrite(roots) { graph, value in
            guard case .iteration(var iteration) = graph[value], case .solve(var options) = iteration.task,
                options.solver == .auto
            else { return value }
            if graph.isSmallMatrix(iteration.maps[0], preconditioned: iteration.maps.count > 1) {
                let (map, entries) = (iteration.maps[0], graph.kind(iteration.maps[0].hole).shape[0])
                let matrix = graph.matrix(of: map)
                rewrites.append(
                    Rewrite(
                        rule: name, before: graph.text(value),
                        after: "solver=direct: a matrix of \(entries) x \(entries), found without a pass over the data")
                )
                return graph.directSolution(matrix, iteration.arguments[0], tolerance: options.tolerance)
            }
            options.solver = .cg
            iteration.task = .solve(options)
            let reason =
                options.isPositiveDefinite
                ? "the operator is symmetric and positive definite"
                : "the operator is symmetric; negative curvature would be reported"
            rewrites.append(Rewrite(rule: name, before: graph.text(value), after: "solver=cg: \(reason)"))
            return graph.intern(.iteration(iteration), graph.kind(value))
        }
        return rewrites
    }
}

extension OperatorGraph {
    /// Whether an operator is a small matrix whose entries no data pass is needed for.
    fileprivate func isSmallMatrix(_ map: Iteration.Map, preconditioned: Bool) -> Bool {
        guard !preconditioned, kind(map.hole).shape[0] <= Iteration.largestExact else { return false }
        let analysis = HoleAnalysis(self, roots: [map.body])
        return reachable(from: [map.body]).allSatisfy { value in
            guard analysis.holes(of: value).contains(map.hole) else { return true }
            if case .iteration = self[value] { return false }
            return !self[value].needsPass
        }
    }

    /// The matrix of an operator, by its products with unit vectors.
    fileprivate mutating func matrix(of map: Iteration.Map) -> Value {
        guard case .hole(let depth, let holeKind) = self[map.hole] else { preconditionFailure("a map has a hole") }
        let size = holeKind.shape[0]
        let kind = Kind.block(size, min(size, Iteration.widestUnits))
        let hole = intern(.hole(depth: depth, kind), kind)
        let wide = Iteration.Map(hole: hole, body: filling(map, with: hole))
        return intern(
            .iteration(Iteration(task: .function(.materialize), maps: [wide], arguments: [])), .block(size, size))
    }
}
