import Foundation
import Testing

@testable import Curvature

/// Traces of products and norms of sums of Kronecker-factored operators, against the matrices that products with unit vectors make.
@Suite struct KroneckerSumTests {
    private func problem(_ name: String, _ architecture: Architecture = .flat) throws -> Problem {
        try .factored(name, architecture) { count in
            ["I": ([count, count], .real(Matrix.identity(count).values))]
        }
    }

    /// Plain, with eigenvectors of their own, with those of another, with none, and sums.
    private static let operators = [
        "kfac(fisher=type2)", "kfac(fisher=empirical)", "kfac(fisher=forward_only)", "ekfac(fisher=type2)",
        "kfoc(fisher=type2)", "inverse(kfac(fisher=type2) + 0.3 * identity)",
        "inverse(kfac(fisher=type2), damping=0.2)",
        "inverse(kfac(fisher=empirical), damping=0.2, damping_style=heuristic)", "power(kfac(fisher=empirical), 0.5)",
        "(2 * ekfac(fisher=empirical) - 0.5 * identity)",
        "(kfac(fisher=type2) - 3 * kfac(fisher=empirical) / 2 + transpose(ekfac(fisher=type2)))",
    ]

    @Test(arguments: [
        ("mlp", Architecture.flat), ("twice, one bias", .flat), ("convolution", .flat), ("attention", .sequence),
    ])
    func closedFormsAreThoseOfTheMatrices(network: (name: String, architecture: Architecture)) throws {
        let problem = try problem(network.name, network.architecture)
        let names = Self.operators.indices
        var requests = names.map { "m\($0) = \(Self.operators[$0]) @ I" }
        for a in names {
            for b in names {
                requests.append("t\(a)_\(b) = trace(\(Self.operators[a]) @ \(Self.operators[b]))")
                requests.append("n\(a)_\(b) = frobenius_norm(\(Self.operators[a]) - 0.7 * \(Self.operators[b]))")
            }
        }
        let (results, plan, _) = try evaluate(requests, problem)
        // Products make the matrices, and nothing iterates.
        #expect(plan.steps.allSatisfy { if case .iteration = $0.work { false } else { true } })
        func value(_ name: String) -> [Double] { results[name]!.values }
        for a in names {
            let left = value("m\(a)")
            for b in names {
                let right = value("m\(b)")
                // Both are symmetric: the trace of the product is the sum of products of entries.
                let products = zip(left, right).map { $0 * $1 }
                let size = products.reduce(0) { $0 + abs($1) }
                #expect(
                    abs(value("t\(a)_\(b)")[0] - products.reduce(0, +)) < 1e-11 * size,
                    "\(Self.operators[a]) @ \(Self.operators[b])")
                let norm = zip(left, right).reduce(0) { $0 + ($1.0 - 0.7 * $1.1) * ($1.0 - 0.7 * $1.1) }.squareRoot()
                #expect(
                    abs(value("n\(a)_\(b)")[0] - norm) < 1e-9 * norm, "\(Self.operators[a]) - \(Self.operators[b])")
            }
        }
    }

    /// With the same eigenvectors nothing is lost where almost everything cancels.
    @Test func differencesOfOneFamilyAreExact() throws {
        let got = try valuesByName(
            [
                "d = frobenius_norm(kfac(fisher=type2) - inverse(inverse(kfac(fisher=type2) + identity)) + identity)",
                "s = frobenius_norm(ekfac(fisher=type2) + 1e-9 * kfac(fisher=type2) - ekfac(fisher=type2))",
                "k = frobenius_norm(kfac(fisher=type2))",
            ], problem("mlp"))
        #expect(got["d"]![0] < 1e-13)
        #expect(relativeError(got["s"]!, [1e-9 * got["k"]![0]]) < 1e-6)
    }

    /// Factors of no more than a block's own are there, and no decomposition where factors say it.
    @Test func plainProductsNeedNoDecomposition() throws {
        let requests = [
            "trace(kfac @ kfac)", "trace(kfac(fisher=empirical) @ kfac)",
            "frobenius_norm(kfac - kfac(fisher=empirical))",
        ]
        let (_, plan, _) = try evaluate(requests, problem("mlp"))
        let values = plan.steps.flatMap(\.values).map { plan.operators[$0] }
        #expect(!values.contains { if case .kronecker(.eigen, _) = $0 { true } else { false } })
        #expect(plan.dataPasses == 1)
    }

    /// Blocks that are about other entries have no closed form, and are right all the same.
    @Test func blocksOfOtherEntriesAreLeftToProducts() throws {
        let joint = "kfac(fisher=type2, separate_weight_and_bias=false)"
        let (results, plan, _) = try evaluate(
            [
                "a = kfac(fisher=type2) @ I", "b = \(joint) @ I", "t = trace(\(joint) @ kfac(fisher=type2))",
                "n = frobenius_norm(\(joint) - kfac(fisher=type2))",
            ], problem("mlp"))
        let (a, b) = (results["a"]!.values, results["b"]!.values)
        #expect(relativeError(results["t"]!.values, [zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }]) < 1e-12)
        let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(relativeError(results["n"]!.values, [square.squareRoot()]) < 1e-12)
        #expect(plan.steps.contains { if case .iteration = $0.work { true } else { false } })
    }

    @Test func explainTellsWhatWasFound() throws {
        let plan = try evaluate(
            ["trace(kfac @ (2 * ekfac - identity))", "frobenius_norm(kfac - 0.5 * ekfac)"], problem("mlp")
        ).plan
        let texts = plan.roots.map { plan.operators.text($0, depth: 5) }
        #expect(texts == ["trace(kfac @ (2 * ekfac - identity))", "frobenius_norm(kfac - 0.5 * ekfac)"])
        #expect(plan.rewrites.count { $0.rule == OperatorGraph.closedForms } == 2)
    }
}
