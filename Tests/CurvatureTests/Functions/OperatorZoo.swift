import Foundation

@testable import Curvature

/// Operators of every make on a small network, D = 26, as texts; and their matrices, column by column from products.
struct OperatorZoo {
    let problem: Problem
    var options = float64Options

    init() throws {
        var numbers = SeededNumbers(seed: 11)
        func symmetric(_ size: Int, shift: Double) throws -> HostArray {
            let half = DenseMatrix(size, size, numbers.array(size * size))
            var values = (half * half.transposed).values
            for i in 0..<size { values[i * (size + 1)] += shift }
            return try HostArray(values, shape: [size, size])
        }
        var tensors: [String: HostArray] = try [
            "v": HostArray(numbers.array(26), shape: [26]), "U": HostArray(numbers.array(78), shape: [26, 3]),
            "p": HostArray(numbers.array(26).map { abs($0) + 0.1 }, shape: [26]),
            "p2": HostArray([0.7, 1.9], shape: [2]),
            "p13": HostArray(numbers.array(13).map { abs($0) + 0.2 }, shape: [13]),
            "R": HostArray(numbers.array(12), shape: [4, 3]), "M": HostArray(numbers.array(16), shape: [4, 4]),
        ]
        tensors["v13"] = try HostArray(numbers.array(13), shape: [13])
        tensors["R22"] = try HostArray(numbers.array(10), shape: [5, 2])
        (tensors["S2"], tensors["S13"], tensors["S4"]) = (
            try symmetric(2, shift: 0.3), try symmetric(13, shift: 0.5), try symmetric(4, shift: 0.1)
        )
        for size in 1...39 {
            let entries = (0..<size * size).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
            tensors["I\(size)"] = try HostArray(entries, shape: [size, size])
        }
        tensors["one"] = try HostArray([2.5], shape: [1, 1])
        problem = try Problem(
            model: .layers(Sequential(Linear(4), Activation.tanh, Linear(2)), inputShape: [3], seed: 1),
            loss: .crossEntropy(),
            data: .arrays([
                "inputs": HostArray(numbers.array(15), shape: [5, 3]),
                "targets": HostArray([0, 1, 1, 0, 1], shape: [5]),
            ]), vectors: .arrays(tensors))
    }

    /// Symmetric, D x D or smaller.
    static let symmetric =
        [
            "ggn", "hessian", "empirical_fisher", "ggn(samples=2, seed=3)", "2 * hessian - 0.5 * ggn + 0.1 * identity",
            "identity", "diag(v)", "low_rank(U)", "0.5 * low_rank(U) + 2 * identity", "dense(S13)",
            "kron(dense(S2), dense(S13))", "block_diagonal(dense(S13), 3 * dense(S13))", "dense(one)",
            "kfac(fisher=type2)", "kfac(fisher=empirical, separate_weight_and_bias=false)", "ekfac(fisher=type2)",
            "ekfac(fisher=mc, samples=2, separate_weight_and_bias=false)", "kfoc(fisher=type2)",
            "ggn + 0.3 * kfac(fisher=type2)", "transpose(jacobian) @ jacobian", "ggn @ diag(p) @ ggn",
            "submatrix(hessian, \"0.weight\", \"0.weight\")", "submatrix(ggn, \"20:26,0:3\", \"20:26,0:3\")",
            "submatrix(diag(v), \"5:9\", \"5:9\")", "-1 * identity + dense(I26)",
        ] + shared + shared.map { "\($0) - 0.7 * identity" }
    /// Sums and products of operators that share blocks or factors.
    private static let shared = [
        "kfac(fisher=type2) + kfac(fisher=empirical)",
        "kfac(fisher=type2, separate_weight_and_bias=false) - 2 * kfac(separate_weight_and_bias=false) / 3",
        "kfac(fisher=type2) + kfac(fisher=empirical, weight_sharing=reduce)",
        "inverse(kfac(fisher=type2) + 2 * kfac(fisher=empirical) + 0.1 * identity)",
        "kron(dense(S2), diag(v13))", "kron(dense(S2), dense(S13)) - 2 * kron(dense(S2), diag(p13))",
        "3 * kron(dense(S2), dense(S13)) + kron(diag(p2), dense(S13)) / 2",
        "kron(dense(S2), dense(S13)) @ kron(dense(S2), dense(S13))", "kron(dense(S2), identity(13))",
        "kron(diag(p2), identity(13)) + kron(diag(p2), 2 * identity(13))",
        "block_diagonal(dense(S13), diag(v13)) + 2 * block_diagonal(diag(p13), dense(S13))",
        "block_diagonal(kron(dense(one), dense(S13)), diag(v13))", "diag(v) @ diag(p)",
        "block_diagonal(dense(S13), diag(p13)) @ block_diagonal(dense(S13), diag(p13))",
        "power(kron(dense(S2), dense(S13)) + 0.2 * identity, -0.5)",
        "power(block_diagonal(dense(S13), diag(p13)), 0.5)", "power(block_diagonal(diag(p13), identity(13)), 1.7)",
        "kron(dense(S2), dense(S13)) + kron(diag(p2), diag(p13))",
    ]
    /// Symmetric and positive definite.
    static let definite = [
        "ggn + 0.5 * identity", "2 * identity", "diag(p)", "low_rank(U) + 0.2 * identity", "dense(S13)",
        "kron(dense(S2), dense(S13))", "block_diagonal(dense(S13), diag(p))", "dense(one)",
        "kfac(fisher=type2) + 0.1 * identity", "2 * ekfac(fisher=type2) + 0.3 * identity",
        "kfoc(fisher=type2) + 0.1 * identity", "kfac(fisher=type2) + ggn + identity",
        "inverse(ggn + identity, tolerance=1e-12)", "(dense(S13) + identity) / 3",
        "kfac(fisher=type2) + 2 * kfac(fisher=empirical) + kfac + 0.1 * identity",
        "inverse(kron(dense(S2), dense(S13)))", "kron(dense(S2), dense(S13)) + 0.3 * identity",
        "2 * kron(dense(S2), dense(S13)) + kron(dense(S2), diag(p13)) + identity / 4",
        "kron(dense(S2), identity(13)) + 0.3 * identity", "kron(diag(p2), diag(p13)) + 0.1 * identity",
        "block_diagonal(dense(S13), kron(dense(one), diag(p13)) + identity) + 0.2 * identity",
        "block_diagonal(kron(dense(S2), diag(p2)), low_rank(R22), dense(S2), dense(S2), dense(S13) + identity) + identity",
        "kron(low_rank(S2), low_rank(S13) + identity) + 0.3 * identity",
        "identity / 2 + block_diagonal(low_rank(S13), kron(low_rank(S13), 2 * identity(1)))",
        "power(kron(dense(S2), dense(S13)), 0.5)", "inverse(power(kron(diag(p2), dense(S13)) + identity, 2))",
        "kron(dense(S2), dense(S13)) + kron(diag(p2), diag(p13))",
    ]
    /// Any others.
    static let general = [
        "jacobian", "transpose(jacobian)", "dense(R)", "dense(M)", "kron(dense(R), dense(S2))",
        "block_diagonal(dense(R), identity(2))", "ggn @ hessian", "submatrix(jacobian, \"0:7\", \"2.*\")",
        "transpose(kron(dense(R), dense(S2)))", "diag(v) @ dense(I26) - hessian",
    ]

    func values(_ requests: [String], naive: Bool = false, disabling rules: Set<String> = []) throws -> [[Double]] {
        var options = options
        options.isNaive = naive
        options.disabledRules = rules
        let parsed = try parseRequests(requests, in: problem)
        let results = try Execution(Plan(parsed, problem: problem, options: options)).run()
        return requests.indices.map { results.entries[$0].values }
    }

    /// The matrix of an operator by products with the columns of an identity, whatever its structure says.
    func matrix(_ map: String, naive: Bool = false) throws -> DenseMatrix {
        let kind = try parseRequests(["materialize(\(map))"], in: problem)[0].expression.kind
        let (rows, columns) = (kind.shape[0], kind.shape[1])
        let product = try values(["(\(map)) @ I\(columns)"], naive: naive, disabling: [OperatorGraph.closedForms])
        return DenseMatrix(rows, columns, product[0])
    }
}

extension DenseMatrix {
    /// log |det| by elimination with pivots.
    var logdet: Double {
        var a = self
        var sum = 0.0
        for column in 0..<columns {
            let pivot = (column..<rows).max { abs(a[$0, column]) < abs(a[$1, column]) }!
            for j in 0..<columns { (a[column, j], a[pivot, j]) = (a[pivot, j], a[column, j]) }
            sum += log(abs(a[column, column]))
            for row in (column + 1)..<max(rows, column + 1) {
                let factor = a[row, column] / a[column, column]
                for j in column..<columns { a[row, j] -= factor * a[column, j] }
            }
        }
        return sum
    }
}
