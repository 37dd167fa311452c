import Testing

@testable import Curvature

/// Each rule: where it fires, where it does not, inside of something else, and that its own work leaves it nothing to do.
@Suite struct RuleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var rule: String
        var requests: [String]
        /// How often it fires; 0 for a place that it leaves alone.
        var fires: Int
        var declines = 0
        var terms = 1
        var testDescription: String { "\(rule): \(requests.joined(separator: ", "))" }
    }

    static let cases: [Case] = [
        Case(rule: "combine-vectors", requests: ["2 * hessian @ v - hessian @ w"], fires: 1),
        Case(rule: "combine-vectors", requests: ["ggn @ (hessian @ v + hessian @ w)"], fires: 1),
        Case(rule: "combine-vectors", requests: ["hessian @ v + ggn @ w"], fires: 0),
        Case(rule: "combine-vectors", requests: ["hessian @ v + hessian @ w", "hessian @ v"], fires: 0),
        Case(rule: "combine-vectors", requests: ["loss * hessian @ v + hessian @ w"], fires: 0),
        Case(rule: "combine-vectors", requests: ["ggn(samples=2) @ v + ggn(samples=2, seed=1) @ w"], fires: 0),

        Case(rule: "merge-cotangents", requests: ["(2 * hessian - ggn + empirical_fisher) @ v"], fires: 1),
        Case(rule: "merge-cotangents", requests: ["hessian @ v + gradient"], fires: 1),
        Case(rule: "merge-cotangents", requests: ["ggn @ (hessian @ v + gradient)"], fires: 1),
        Case(rule: "merge-cotangents", requests: ["transpose(jacobian) @ u + ggn @ v"], fires: 1),
        Case(rule: "merge-cotangents", requests: ["hessian @ v + w"], fires: 0),
        Case(rule: "merge-cotangents", requests: ["hessian @ v + ggn @ v", "ggn @ v"], fires: 0, declines: 1),
        Case(rule: "merge-cotangents", requests: ["loss * hessian @ v + ggn @ v"], fires: 0, declines: 1),
        Case(
            rule: "merge-cotangents", requests: ["inverse(hessian + 2 * ggn + identity) @ v"], fires: 1),

        Case(rule: "weigh-gradients", requests: ["empirical_fisher @ v"], fires: 1),
        Case(rule: "weigh-gradients", requests: ["empirical_fisher @ V"], fires: 1),
        Case(rule: "weigh-gradients", requests: ["empirical_fisher @ v + gradient"], fires: 1),
        Case(rule: "weigh-gradients", requests: ["empirical_fisher @ empirical_fisher @ v"], fires: 2),
        Case(rule: "weigh-gradients", requests: ["inverse(empirical_fisher + identity) @ v"], fires: 1),
        Case(rule: "weigh-gradients", requests: ["ggn @ v + hessian @ w"], fires: 0),
        Case(rule: "weigh-gradients", requests: ["gradient"], fires: 0),
        Case(rule: "weigh-gradients", requests: ["empirical_fisher @ v"], fires: 0, declines: 1, terms: 3),

        Case(rule: "chain-jacobians", requests: ["transpose(jacobian) @ jacobian @ v"], fires: 1),
        Case(rule: "chain-jacobians", requests: ["transpose(jacobian) @ diag(u) @ jacobian @ V"], fires: 1),
        Case(rule: "chain-jacobians", requests: ["transpose(jacobian) @ (jacobian @ v - 2 * u)"], fires: 1),
        Case(
            rule: "chain-jacobians", requests: ["inverse(transpose(jacobian) @ jacobian + identity) @ v"], fires: 1),
        Case(rule: "chain-jacobians", requests: ["transpose(jacobian) @ u"], fires: 0),
        Case(rule: "chain-jacobians", requests: ["jacobian @ transpose(jacobian) @ u"], fires: 0),
        Case(
            rule: "chain-jacobians", requests: ["transpose(jacobian) @ (loss * jacobian @ v)"], fires: 0, declines: 1),

        Case(rule: "invert-diagonal", requests: ["inverse(diag(v) + 2 * identity) @ w"], fires: 1),
        Case(rule: "invert-diagonal", requests: ["inverse(4 * identity) @ V"], fires: 1),
        Case(rule: "invert-diagonal", requests: ["inverse(diag(v) @ diag(w)) @ v"], fires: 1),
        Case(rule: "invert-diagonal", requests: ["hessian @ inverse(diag(v)) @ w"], fires: 1),
        Case(rule: "invert-diagonal", requests: ["inverse(ggn + diag(v)) @ w"], fires: 0),
        Case(rule: "invert-diagonal", requests: ["inverse(0 * identity) @ w"], fires: 0),

        Case(rule: "invert-factors", requests: ["inverse(kfac, damping=0.1) @ v"], fires: 1),
        Case(
            rule: "invert-factors",
            requests: ["inverse(kfac, damping=0.1) @ V", "inverse(kfac, damping=1, damping_style=heuristic) @ v"],
            fires: 2),
        Case(
            rule: "invert-factors",
            requests: ["inverse(ggn + identity, preconditioner=inverse(kfac, damping=0.1)) @ v"], fires: 1),
        Case(
            rule: "invert-factors", requests: ["inverse(kfac, damping=0.1) @ v", "logdet(kfac + identity)"], fires: 0,
            declines: 1),
        Case(rule: "invert-factors", requests: ["inverse(kfac + 0.1 * identity) @ v"], fires: 0),

        Case(rule: "cancel-inverses", requests: ["inverse(ggn + identity) @ (ggn + identity) @ v"], fires: 1),
        Case(rule: "cancel-inverses", requests: ["(ggn + identity) @ inverse(ggn + identity) @ V"], fires: 1),
        Case(rule: "cancel-inverses", requests: ["hessian @ inverse(ggn + identity) @ (ggn + identity) @ v"], fires: 1),
        Case(rule: "cancel-inverses", requests: ["inverse(ggn + identity) @ (ggn + 2 * identity) @ v"], fires: 0),
        Case(rule: "cancel-inverses", requests: ["inverse(hessian) @ hessian @ v"], fires: 0, declines: 1),
        Case(rule: "cancel-inverses", requests: ["inverse(ggn) @ ggn @ v"], fires: 0, declines: 1),
        Case(
            rule: "cancel-inverses", requests: ["inverse(ggn - identity) @ (ggn - identity) @ v"], fires: 0,
            declines: 1),

        Case(
            rule: "merge-solves", requests: ["inverse(ggn + identity) @ v", "inverse(ggn + identity) @ w"], fires: 1),
        Case(
            rule: "merge-solves", requests: ["inverse(ggn + identity) @ v + hessian @ inverse(ggn + identity) @ V @ k"],
            fires: 1),
        Case(
            rule: "merge-solves", requests: ["inverse(ggn + identity) @ inverse(ggn + identity) @ v"], fires: 0),
        Case(
            rule: "merge-solves", requests: ["inverse(ggn + identity) @ v", "inverse(ggn + 2 * identity) @ w"],
            fires: 0),
        Case(
            rule: "merge-solves",
            requests: ["inverse(ggn + identity) @ v", "inverse(ggn + identity, tolerance=1e-3) @ w"], fires: 0),
        Case(
            rule: "merge-solves",
            requests: [
                "inverse(ggn + identity) @ inverse(ggn + identity) @ v",
                "inverse(ggn + identity) @ inverse(ggn + identity) @ w",
            ], fires: 2),

        Case(rule: "choose-solver", requests: ["inverse(ggn + identity) @ v"], fires: 1),
        Case(rule: "choose-solver", requests: ["ggn @ inverse(hessian) @ v"], fires: 1),
        Case(rule: "choose-solver", requests: ["inverse(ggn + identity, solver=cg) @ v"], fires: 0),
    ]

    static func graph(
        _ requests: [String], terms: Int = 1
    ) throws -> (graph: OperatorGraph, roots: [Value]) {
        let shape = ProblemShape(
            examples: 6, terms: terms, outputs: 4, parameters: 11,
            predictionShape: terms == 1 ? [6, 4] : [6, terms, 4])
        let tensors = ["v": [11], "w": [11], "V": [11, 3], "k": [3], "u": [shape.outputEntries]]
        let requests = requests.map { $0.replacing("@ V @ k", with: "@ (dense(V) @ k)") }
        let parsed = try parseRequests(requests, shape: shape, tensors: tensors)
        var graph = OperatorGraph(shape: shape)
        // Rules ask where packed values lie, and for nothing that depends on layers.
        graph.layouts = [KroneckerOptions(): FactorLayout()]
        var known: [Expression: Value] = [:]
        let roots = parsed.map { graph.value(of: $0.expression, &known) }
        return (graph, roots)
    }

    private func optimize(_ start: (graph: OperatorGraph, roots: [Value]), _ rules: [any Rule]) throws -> (
        graph: OperatorGraph, roots: [Value], rewrites: [Rewrite]
    ) {
        var (graph, roots) = start
        var trace: [Optimizer.Trace] = []
        let rewrites = try Optimizer.optimize(&graph, roots: &roots, disabled: [], rules: rules, trace: &trace)
        return (graph, roots, rewrites)
    }

    @Test(arguments: cases)
    func firesWhereItShould(_ example: Case) throws {
        let rule = Optimizer.rules.first { $0.name == example.rule }!
        let start = try Self.graph(example.requests, terms: example.terms)
        let once = try optimize(start, [rule])
        #expect(once.rewrites.count { $0.declined == nil } == example.fires, "\(once.rewrites)")
        #expect(once.rewrites.count { $0.declined != nil } == example.declines, "\(once.rewrites)")
        #expect((once.roots != start.roots) == (example.fires > 0))
        // What a rule leaves behind is nothing to it.
        let twice = try optimize((once.graph, once.roots), [rule])
        #expect(twice.roots == once.roots)
        #expect(twice.rewrites.allSatisfy { $0.declined != nil }, "\(twice.rewrites)")
    }

    @Test func everyRuleHasCases() {
        for rule in Optimizer.rules {
            let own = Self.cases.filter { $0.rule == rule.name }
            #expect(own.contains { $0.fires > 0 } && own.contains { $0.fires == 0 }, "\(rule.name)")
        }
        #expect(Set(Optimizer.rules.map(\.name)).count == Optimizer.rules.count)
    }

    /// All rules in a row, on requests that several of them want.
    @Test(arguments: [
        ["inverse(2 * hessian + ggn + 40 * identity) @ (hessian @ v + hessian @ w)", "empirical_fisher @ gradient"],
        ["transpose(jacobian) @ jacobian @ v + gradient - 3 * ggn @ w", "inverse(diag(v)) @ hessian @ w"],
        ["inverse(ggn + identity) @ V", "inverse(ggn + identity) @ gradient", "norm(inverse(ggn + identity) @ w)"],
    ])
    func together(requests: [String]) throws {
        let start = try Self.graph(requests)
        let once = try optimize(start, Optimizer.rules)
        #expect(once.rewrites.contains { $0.declined == nil })
        let twice = try optimize((once.graph, once.roots), Optimizer.rules)
        #expect(twice.roots == once.roots)
    }

    // MARK: The verifier

    /// Replaces every request by what `change` makes of it.
    private struct BadRule: Rule {
        let name = "bad-rule"
        let change: @Sendable (inout OperatorGraph, Value) -> Value
        func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite] {
            roots = roots.map { change(&graph, $0) }
            return []
        }
    }

    @Test func theVerifierBites() throws {
        let start = try Self.graph(["2 * hessian @ v + ggn @ w"])
        func message(_ change: @escaping @Sendable (inout OperatorGraph, Value) -> Value) -> String {
            do {
                _ = try optimize(start, [BadRule(change: change)])
                return "nothing"
            } catch { return "\(error)" }
        }
        // Another value of the same kind: a forgotten factor.
        #expect(
            message { graph, root in
                graph.combination([CombinationTerm(factor: 1.0001, scalar: nil, value: root)], graph.kind(root))
            }.hasPrefix("internal error: rule 'bad-rule' gives another value for request 1, now"))
        // Another kind.
        #expect(
            message { graph, root in graph.intern(.norm(root), .scalar) }
                == "internal error: rule 'bad-rule' gives request 1 is a scalar instead of a vector (11); please report it, and compile with --disable-rule bad-rule meanwhile"
        )
        // What only an iteration fills.
        #expect(
            message { graph, root in graph.intern(.hole(depth: 0, graph.kind(root)), graph.kind(root)) }
                .contains("depends on what only an iteration's operator is applied to"))
        // A sum within a sum.
        #expect(
            message { graph, root in
                graph.intern(
                    .combination([CombinationTerm(factor: 1, scalar: nil, value: root)], graph.kind(root)),
                    graph.kind(root))
            }.contains("a sum within a sum"))
        // A wrong vector inside an operator: the same text but for one letter.
        let solve = try Self.graph(["inverse(hessian + diag(v) + 9 * identity) @ w"])
        #expect(throws: VerificationError.self) {
            _ = try optimize(
                solve,
                [
                    BadRule { graph, root in
                        guard case .iteration(var iteration) = graph[root] else { return root }
                        let body = iteration.maps[0].body
                        iteration.maps[0].body = graph.combination(
                            [
                                CombinationTerm(factor: 1, scalar: nil, value: body),
                                CombinationTerm(factor: 0.01, scalar: nil, value: iteration.maps[0].hole),
                            ], graph.kind(body))
                        return graph.intern(.iteration(iteration), graph.kind(root))
                    }
                ])
        }
    }

    @Test func aRuleThatChangesNothingIsNotChecked() throws {
        let start = try Self.graph(["hessian @ v"])
        let same = try optimize(start, [BadRule { _, root in root }])
        #expect(same.roots == start.roots)
    }
}
