/// Checks after every rule that the requests still mean what they meant: kinds, form, and values in a toy model, where each leaf is a small random
/// matrix. A rule that is wrong for every network is wrong there too.
struct Verifier {
    private let kinds: [Kind]
    private let values: [ToyModel.Matrix]

    init(_ graph: OperatorGraph, roots: [Value]) {
        kinds = roots.map { graph.kind($0) }
        values = ToyModel.values(of: roots, in: graph)
    }

    func check(_ graph: OperatorGraph, roots: [Value], after rule: String) throws(VerificationError) {
        guard roots.count == kinds.count else {
            throw VerificationError(rule: rule, found: "\(roots.count) requests instead of \(kinds.count)")
        }
        for (index, root) in roots.enumerated() where graph.kind(root) != kinds[index] {
            throw VerificationError(
                rule: rule, found: "request \(index + 1) is \(graph.kind(root)) instead of \(kinds[index])")
        }
        let analysis = HoleAnalysis(graph, roots: roots)
        for (index, root) in roots.enumerated() where !analysis.holes(of: root).isEmpty {
            throw VerificationError(
                rule: rule, found: "request \(index + 1) depends on what only an iteration's operator is applied to")
        }
        for value in graph.reachable(from: roots) {
            if let fault = graph.fault(in: value) {
                throw VerificationError(rule: rule, found: "\(fault) in \(graph.text(value))")
            }
        }
        let found = ToyModel.values(of: roots, in: graph)
        for index in found.indices where !found[index].isNear(values[index]) {
            throw VerificationError(
                rule: rule, found: "another value for request \(index + 1), now \(graph.text(roots[index]))")
        }
    }
}

/// A rule of the optimizer that changed what was asked for.
public struct VerificationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Its name, as `--disable-rule` takes it.
    public let rule: String
    let found: String
    /// One line, with what to do meanwhile.
    public var description: String {
        "internal error: rule '\(rule)' gives \(found); please report it, and compile with --disable-rule \(rule) meanwhile"
    }
}

extension OperatorGraph {
    /// What is wrong with the form of a value.
    fileprivate func fault(in value: Value) -> String? {
        switch self[value] {
        case .pullback(let terms):
            if terms.isEmpty { return "no cotangent" }
            if terms.count(where: { if case .hessian = $0.source { true } else { false } }) > 1 {
                return "two hessians"
            }
            if let term = terms.first(where: {
                if case .jacobianChain(let x) = $0.source { !isComputedInPassing(x) } else { false }
            }), let x = term.argument {
                return "a vector that no pass computes, \(text(x)),"
            }
        case .weighedGradient(let terms):
            for term in terms {
                switch term.source {
                case .gradient, .empiricalFisher: continue
                default: return "a cotangent that is no multiple of the gradient's"
                }
            }
        case .combination(let terms, let own):
            if own != kind(value) { return "a sum of another kind" }
            for term in terms {
                if kind(term.value) != own { return "a term of another kind" }
                if case .combination = self[term.value] { return "a sum within a sum" }
            }
        default: break
        }
        return nil
    }
}
