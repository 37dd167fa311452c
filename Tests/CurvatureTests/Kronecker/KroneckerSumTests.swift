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

    /// KFACs that differ in their output gradients alone share input factors: their sum is one, with its own eigenvectors.
    @Test(arguments: [
        ("mlp", Architecture.flat), ("branches", .flat), ("twice, one bias", .flat), ("convolution", .flat),
        ("attention", .sequence), ("transformer", .sequence),
    ])
    func sumsThatShareInputFactors(network: (name: String, architecture: Architecture)) throws {
        let problem = try problem(network.name, network.architecture)
        for separate in [true, false] {
            func kfac(_ fisher: String) -> String { "kfac(fisher=\(fisher), separate_weight_and_bias=\(separate))" }
            let (first, second) = (kfac("type2"), kfac("empirical"))
            let map = "(\(first) / 2 + 3 * \(second) + 0.1 * identity)"
            let requests = [
                "a = \(first) @ I", "b = \(second) @ I", "x = inverse(\(map)) @ I",
                "root = power(\(map), 0.5) @ I",
                "l = logdet(\(map))", "values = eigenvalues(\(map), count=3)", "d = diagonal(\(map))",
            ]
            let (results, plan, _) = try evaluate(requests, problem, batchSize: 2)
            #expect(plan.steps.allSatisfy { if case .iteration = $0.work { false } else { true } })
            let eigen = plan.operators.reachable(from: plan.roots).filter {
                if case .kronecker(.eigen, _) = plan.operators[$0] { true } else { false }
            }
            #expect(eigen.count == 1)
            func matrix(_ name: String) -> DenseMatrix {
                let values = results[name]!.values
                let size = Int(Double(values.count).squareRoot())
                return DenseMatrix(size, size, values)
            }
            let (a, b) = (matrix("a"), matrix("b"))
            var whole = DenseMatrix(a.rows, a.rows, zip(a.values, b.values).map { $0 / 2 + 3 * $1 })
            let identity = DenseMatrix(diagonal: Array(repeating: 1, count: a.rows))
            whole = DenseMatrix(a.rows, a.rows, zip(whole.values, identity.values).map { $0 + 0.1 * $1 })
            #expect((whole * matrix("x") - identity).norm < 1e-9)
            #expect((matrix("root") * matrix("root") - whole).norm < 1e-10 * whole.norm)
            #expect(relativeError(results["l"]!.values, [whole.logdet]) < 1e-10)
            #expect(relativeError(results["d"]!.values, whole.diagonal) < 1e-11)
            let (plain, _, _) = try evaluate(
                ["values = eigenvalues(\(map), count=3)"], problem, disabledRules: [OperatorGraph.closedForms])
            #expect(relativeError(results["values"]!.values, plain["values"]!.values) < 1e-10)
        }
    }

    /// A sum with a negative term may have no root: then the eigenvalues of a product with it are not those of a symmetric operator.
    @Test func sumsOfEitherSign() throws {
        let difference = "(kfac(fisher=type2) - kfac(fisher=empirical) + 0.1 * identity)"
        let problem = try problem("mlp")
        #expect(throws: (any Error).self) {
            try valuesByName(["x = eigenvalues(\(difference) @ ggn, count=3)"], problem)
        }
        let got = try valuesByName(
            ["s = power(\(difference), 2) @ I", "d = \(difference) @ (\(difference) @ I)"], problem)
        #expect(relativeError(got["s"]!, got["d"]!) < 1e-11)
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
