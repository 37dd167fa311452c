/// A rewriting of the operator graph that keeps every requested value.
package protocol Rule: Sendable {
    /// As `--disable-rule` and explain name it.
    var name: String { get }
    /// What it rewrote, or why it did not, for each place it looked at. It changes `graph` only by adding values, and `roots` to
    /// point at them.
    func apply(to graph: inout OperatorGraph, roots: inout [Value]) -> [Rewrite]
}

/// A place where a rule fired or declined.
package struct Rewrite: Hashable, Sendable {
    package var rule: String
    package var before: String
    package var after: String
    /// Why the rule left this place alone; nil where it fired.
    package var declined: String?
}

package enum Optimizer {
    /// In this order: merging vectors first leaves fewer terms whose cotangents have to be merged.
    package static let rules: [any Rule] = [CombineVectors(), MergeCotangents()]

    package static func optimize(
        _ graph: inout OperatorGraph, roots: inout [Value], disabled: Set<String>
    ) -> [Rewrite] {
        var rewrites: [Rewrite] = []
        for rule in rules where !disabled.contains(rule.name) {
            let kinds = roots.map { graph.kind($0) }
            rewrites += rule.apply(to: &graph, roots: &roots)
            precondition(roots.map { graph.kind($0) } == kinds, "rule \(rule.name) changed the kind of a request")
        }
        return rewrites
    }
}

extension OperatorGraph {
    /// How often each value is used below `roots`, a request counting once.
    func useCounts(_ roots: [Value]) -> [Value: Int] {
        var counts: [Value: Int] = [:]
        for root in Set(roots) { counts[root, default: 0] += 1 }
        for value in reachable(from: roots) {
            for operand in Set(self[value].operands) { counts[operand, default: 0] += 1 }
        }
        return counts
    }

    /// The same roots with every combination rewritten by `transform` (operands first).
    mutating func rewriteCombinations(
        _ roots: [Value], _ transform: (inout OperatorGraph, [CombinationTerm], Kind) -> [CombinationTerm]
    ) -> [Value] {
        var images: [Value: Value] = [:]
        for value in reachable(from: roots) {
            let image: Value
            switch self[value] {
            case .combination(let terms, let kind):
                let mapped = terms.map {
                    CombinationTerm(factor: $0.factor, scalar: $0.scalar.map { images[$0]! }, value: images[$0.value]!)
                }
                image = combination(transform(&self, mapped, kind), kind)
            case let quantity:
                let mapped = quantity.mapOperands { images[$0]! }
                image = mapped == quantity ? value : intern(mapped, kind(value))
            }
            images[value] = image
        }
        return roots.map { images[$0]! }
    }
}

extension Quantity {
    func mapOperands(_ image: (Value) -> Value) -> Quantity {
        switch self {
        case .number, .tensor, .loss, .prediction: self
        case .pullback(let terms):
            .pullback(
                terms.map { term in
                    let source: PullbackTerm.Source =
                        switch term.source {
                        case .gradient: .gradient
                        case .hessian(let x): .hessian(image(x))
                        case .ggn(let x, let sampling): .ggn(image(x), sampling)
                        case .empiricalFisher(let x): .empiricalFisher(image(x))
                        case .jacobianTranspose(let x): .jacobianTranspose(image(x))
                        }
                    return PullbackTerm(factor: term.factor, source: source)
                })
        case .jacobianProduct(let x): .jacobianProduct(image(x))
        case .combination(let terms, let kind):
            .combination(
                terms.map {
                    CombinationTerm(factor: $0.factor, scalar: $0.scalar.map(image), value: image($0.value))
                }, kind)
        case .scalarProduct(let a, let b): .scalarProduct(image(a), image(b))
        case .reciprocal(let a): .reciprocal(image(a))
        case .diagonalProduct(let d, let x): .diagonalProduct(image(d), image(x))
        case .denseProduct(let matrix, let isTransposed, let x):
            .denseProduct(image(matrix), isTransposed: isTransposed, image(x))
        case .norm(let x): .norm(image(x))
        case .dot(let a, let b): .dot(image(a), image(b))
        }
    }
}
