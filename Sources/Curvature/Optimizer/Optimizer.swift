/// Applies the rules to the operator graph of all requests, and checks each one's work.
package enum Optimizer {
    package static let rules: [any Rule] = [
        // Closed forms before anything is known to iterate.
        CancelInverses(),
        InvertDiagonal(),
        // What needs eigendecompositions is known from the requests alone.
        InvertFactors(),
        // Which systems are solved together is decided while their operators still look as they were written.
        MergeSolves(),
        ChooseSolver(),
        // Merging vectors first leaves fewer terms whose cotangents have to be merged.
        CombineVectors(),
        MergeCotangents(),
        // What no Hessian or GGN product has taken along.
        WeighGradients(),
        ChainJacobians(),
    ]

    /// How a single product is computed best: what a naive plan has too.
    package static let leafRules: [any Rule] = [WeighGradients()]

    /// The requests after a rule, as texts; nil where it changed nothing.
    package struct Trace: Hashable, Sendable {
        package var rule: String
        package var requests: [String]?
    }

    /// - Parameters:
    ///   - disabled: Names of rules to leave out.
    ///   - trace: Filled with the requests before the first rule and after each one.
    /// - Throws: ``VerificationError`` for a rule that does not keep the requests' values: a bug of ours.
    package static func optimize(
        _ graph: inout OperatorGraph, roots: inout [Value], disabled: Set<String>, rules: [any Rule] = rules,
        trace: inout [Trace]
    ) throws -> [Rewrite] {
        var rewrites: [Rewrite] = []
        let verifier = Verifier(graph, roots: roots)
        trace = [Trace(rule: "asked", requests: roots.map { graph.text($0) })]
        for rule in rules where !disabled.contains(rule.name) {
            let before = roots
            rewrites += rule.apply(to: &graph, roots: &roots)
            if roots != before { try verifier.check(graph, roots: roots, after: rule.name) }
            trace.append(Trace(rule: rule.name, requests: roots == before ? nil : roots.map { graph.text($0) }))
        }
        return rewrites
    }
}
