import Testing

@testable import Curvature

/// Functions of operators against the matrices that their products give.
@Suite struct FunctionTests {
    private func expectNear(_ got: [Double], _ want: [Double], _ tolerance: Double = 1e-9, _ what: String) {
        let error = relativeError(got, want)
        #expect(error <= tolerance, "\(what): \(error)")
    }

    /// With closed forms and without.
    private static let ways: [Set<String>] = [[], [OperatorGraph.closedForms]]

    @Test(arguments: OperatorZoo.symmetric + OperatorZoo.definite + ["ggn @ hessian", "dense(M)"], ways)
    func linearFunctionsAreTheMatrixs(map: String, disabled: Set<String>) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let got = try zoo.values(
            [
                "trace(\(map), method=exact)", "diagonal(\(map), method=exact)", "frobenius_norm(\(map), method=exact)",
                "materialize(\(map))", "trace(\(map))",
            ], disabling: disabled)
        expectNear(got[0], [matrix.trace], 1e-9, "trace")
        expectNear(got[1], matrix.diagonal, 1e-9, "diagonal")
        expectNear(got[2], [matrix.norm], 1e-9, "norm")
        expectNear(got[3], matrix.values, 1e-9, "matrix")
        expectNear(got[4], [matrix.trace], 1e-9, "trace")
    }

    @Test(arguments: OperatorZoo.general) func rectangularOnesToo(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let count = min(matrix.rows, matrix.columns)
        let got = try zoo.values([
            "frobenius_norm(\(map))", "materialize(\(map))", "materialize(transpose(\(map)))",
            "singular_values(\(map), count=\(count))",
        ])
        expectNear(got[0], [matrix.norm], 1e-9, "norm")
        expectNear(got[1], matrix.values, 1e-9, "matrix")
        expectNear(got[2], matrix.transposed.values, 1e-9, "transpose")
        // What all singular values together say.
        #expect(got[3] == got[3].sorted(by: >) && got[3].allSatisfy { $0 >= 0 })
        expectNear([got[3].reduce(0) { $0 + $1 * $1 }], [matrix.norm * matrix.norm], 1e-9, "squares")
        let gram = matrix.transposed * matrix
        expectNear([got[3].reduce(0) { $0 + $1 * $1 * $1 * $1 }], [(gram * gram).trace], 1e-9, "fourth powers")
    }

    @Test(arguments: OperatorZoo.definite, ways)
    func determinants(map: String, disabled: Set<String>) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let got = try zoo.values(["logdet(\(map))", "logdet(\(map), method=exact)"], disabling: disabled)
        expectNear(got[0], [matrix.logdet], 1e-8, "logdet")
        #expect(got[0] == got[1])
    }

    /// Eigenvalues of preconditioned operators, which are not symmetric: sums of their powers are the matrix's.
    @Test(
        arguments: [
            "inverse(kfac(fisher=type2) + 0.1 * identity) @ ggn", "ggn @ inverse(ekfac + 0.1 * identity)",
            "power(kfac(fisher=type2) + 0.1 * identity, -0.5) @ hessian",
            "inverse(2 * kfoc(fisher=type2) + 0.1 * identity) @ transpose(jacobian) @ jacobian",
        ], ways)
    func spectraOfPreconditionedOperators(map: String, disabled: Set<String>) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let got = try zoo.values(["eigenvalues(\(map), count=\(matrix.rows), which=largest)"], disabling: disabled)[0]
        #expect(got == got.sorted(by: >))
        var power = matrix
        for exponent in 1...3 {
            let sum = got.reduce(0) { sum, value in sum + (0..<exponent).reduce(1) { product, _ in product * value } }
            expectNear([sum], [power.trace], 1e-8, "power \(exponent)")
            power = power * matrix
        }
    }
    @Test func otherProductsHaveNoRealSpectra() throws {
        let zoo = try OperatorZoo()
        let refused = ["eigenvalues(hessian @ ggn)", "eigenvectors(inverse(kfac + 0.1 * identity) @ ggn)"]
        for request in refused {
            let error = #expect(throws: (any Error).self) { try zoo.values([request]) }
            #expect("\(error!)".contains("not its own transpose"), "\(request)")
        }
    }

    /// Products of operators that share blocks or factors, as what they are collapsed to and as they stand.
    @Test(arguments: OperatorZoo.symmetric + OperatorZoo.definite) func products(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        expectNear(try zoo.values(["(\(map)) @ I\(matrix.columns)"])[0], matrix.values, 1e-9, "products")
    }

    @Test(arguments: [
        "kron(dense(S2), dense(S13)) + 0.2 * identity", "kron(diag(p2), dense(S13))", "diag(p)",
        "block_diagonal(dense(S13), diag(p13))",
        "2 * block_diagonal(kfac(fisher=type2)) + 0.1 * identity", "kron(low_rank(R22), dense(S4))",
    ])
    func powers(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        func power(_ exponent: String) throws -> DenseMatrix { try zoo.matrix("power(\(map), \(exponent))") }
        let root = try power("0.5")
        expectNear((root * root).values, matrix.values, 1e-9, "the root's square")
        expectNear(root.values, root.transposed.values, 1e-12, "symmetric")
        expectNear((try power("1.5") * root).values, (matrix * matrix).values, 1e-9, "powers add up")
        guard map != "kron(low_rank(R22), dense(S4))" else { return }
        let inverse = try power("-0.5")
        let identity = DenseMatrix(diagonal: Array(repeating: 1, count: matrix.rows))
        expectNear((inverse * root).values, identity.values, 1e-9, "the inverse root")
    }

    /// Powers that are whole numbers take any sign; roots only what rounding makes negative.
    @Test(arguments: ["diag(v)", "kron(dense(S2), diag(v13))", "2 * kron(dense(S2), diag(v13)) - identity"])
    func powersOfIndefiniteOperators(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        expectNear(try zoo.matrix("power(\(map), 2)").values, (matrix * matrix).values, 1e-10, "square")
        expectNear(try zoo.matrix("power(\(map), 3)").values, (matrix * matrix * matrix).values, 1e-10, "cube")
        let inverse = try zoo.matrix("power(\(map), -2)") * matrix * matrix
        expectNear(inverse.values, DenseMatrix(diagonal: Array(repeating: 1, count: 26)).values, 1e-7, "inverse square")
        let error = try #require(throws: ProblemError.self) { try zoo.values(["power(\(map), 0.5) @ v"]) }
        #expect("\(error)".contains("negative eigenvalues"))
    }
    @Test func powersThatAreNotKnown() throws {
        let zoo = try OperatorZoo()
        for map in ["inverse(diag(p), solver=cg)", "ggn", "submatrix(ggn, \"0:2\", \"0:2\")", "dense(S13)"] {
            let error = try #require(throws: (any Error).self) { try zoo.values(["trace(power(\(map), 0.5))"]) }
            #expect("\(error)".contains("'power' needs") || "\(error)".contains("expected"), "\(error)")
        }
        let part = try zoo.matrix("power(submatrix(diag(p), \"3:5\", \"3:5\") @ diag(p2) + identity(2), 0.5)")
        expectNear(
            (part * part).values,
            try zoo.matrix("submatrix(diag(p), \"3:5\", \"3:5\") @ diag(p2) + identity(2)").values,
            1e-12, "diagonals of parts")
    }
    /// What is symmetric by construction may be nothing but rounding.
    @Test func symmetricOperatorsThatCancel() throws {
        let zoo = try OperatorZoo()
        let root = "power(kfac(fisher=type2), 0.5)"
        let got = try zoo.values([
            "eigenvalues(0.5 * kron(low_rank(S2), low_rank(S13)) - kron(low_rank(S2), 0.5 * low_rank(S13)), count=2)",
            "eigenvalues(\(root) @ \(root) - kfac(fisher=type2), count=2)",
        ])
        for values in got { #expect(values.allSatisfy { abs($0) < 1e-10 }) }
    }
    /// A Frobenius norm needs no symmetry.
    @Test(arguments: [
        "kron(dense(M), dense(S2)) + 0.5 * identity", "block_diagonal(dense(M), dense(M)) - 2 * identity",
    ])
    func normsWithoutSymmetry(map: String) throws {
        let zoo = try OperatorZoo()
        expectNear(try zoo.values(["frobenius_norm(\(map))"])[0], [try zoo.matrix(map).norm], 1e-11, "norm")
    }

    /// The run sees that a matrix is not symmetric; where no symmetry is needed, it is none's business.
    @Test func matricesWithoutRealSpectra() throws {
        let zoo = try OperatorZoo()
        for request in [
            "power(kron(dense(M), dense(S2)), 0.5) @ I8", "eigenvalues(dense(M), count=2)",
            "logdet(kron(dense(S2), dense(M)))",
            "eigenvectors(kron(dense(S2), dense(M)), count=1)",
        ] {
            let error = try #require(throws: ProblemError.self) { try zoo.values([request]) }
            #expect("\(error)".contains("expected a symmetric operator"), "\(request): \(error)")
        }
        let map = "kron(dense(S2), dense(M)) + 3 * identity"
        let product = try zoo.matrix(map) * zoo.matrix("inverse(\(map))")
        expectNear(product.values, DenseMatrix(diagonal: Array(repeating: 1, count: 8)).values, 1e-10, "inverse")
    }

    /// Subtrees that are shared again and again are looked at once.
    @Test(arguments: ["diag(v)", "kron(low_rank(S2), low_rank(S13))", "block_diagonal(low_rank(S13), diag(p13))"])
    func deepSharing(map: String) throws {
        let zoo = try OperatorZoo()
        let plain = try parseRequests(["\(map) @ v"], in: zoo.problem)[0].expression
        var operand = try #require(plain.operands.first)
        for _ in 0..<40 { operand = try .scaled(by: .number(0.5), .sum([operand, operand])) }
        operand = try .sum([operand, .scaled(by: .number(4), .identity(26))])
        let requests = [
            try Expression.function(.eigenvalues(SpectrumOptions(count: 2)), of: operand),
            try Expression.function(.logdet(EstimatorOptions(method: .exact)), of: operand),
            try Expression.function(.frobeniusNorm(EstimatorOptions(method: .exact)), of: operand),
        ].enumerated().map { Request(name: "r\($0)", expression: $1, text: "r\($0)") }
        let plan = try Plan(requests, problem: zoo.problem, options: zoo.options)
        let results = try Execution(plan).run()
        let wanted = try zoo.values([
            "eigenvalues(\(map) + 4 * identity, count=2)", "logdet(\(map) + 4 * identity)",
            "frobenius_norm(\(map) + 4 * identity)",
        ])
        for index in wanted.indices { expectNear(results.entries[index].values, wanted[index], 1e-10, "\(index)") }
    }

    /// Nothing of a product's size is formed, and each factor is decomposed once.
    @Test func productsOfFactorsStayProducts() throws {
        let (rows, columns) = (40, 50)
        let map = "(kron(dense(B), dense(C)) + kron(dense(B), diag(c)) + 0.1 * identity)"
        let requests = [
            "inverse(\(map)) @ v", "logdet(\(map))", "frobenius_norm(\(map))", "eigenvalues(\(map), count=3)",
            "eigenvectors(\(map), count=3)", "power(\(map), -0.5) @ v",
            "trace(kron(dense(B), dense(C)) @ kron(dense(B), diag(c)))",
        ]
        var numbers = SeededNumbers(seed: 2)
        func gram(_ size: Int) throws -> HostArray {
            let half = DenseMatrix(size, size, numbers.array(size * size))
            return try HostArray((half * half.transposed).values, shape: [size, size])
        }
        let problem = try Problem(
            model: .layers(Sequential(Linear(2)), inputShape: [3], seed: 1), loss: .crossEntropy(),
            data: .arrays([
                "inputs": HostArray(numbers.array(6), shape: [2, 3]), "targets": HostArray([0, 1], shape: [2]),
            ]),
            vectors: .arrays([
                "B": gram(rows), "C": gram(columns), "c": HostArray(numbers.array(columns).map(abs), shape: [columns]),
                "v": HostArray(numbers.array(rows * columns), shape: [rows * columns]),
            ]))
        let plan = try Plan(parseRequests(requests, in: problem), problem: problem, options: float64Options)
        #expect(plan.memory.total < 8 * (rows * columns) * (rows * columns) / 4)
        let decompositions = plan.steps.filter { step in
            guard case .iteration(let iteration) = step.work, case .eigenpairs = iteration.iteration.task else {
                return false
            }
            return true
        }
        #expect(decompositions.count == 2)
    }

    /// A v = lambda v, orthonormal, complete and in order: nothing else has these.
    @Test(arguments: OperatorZoo.symmetric) func spectra(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let size = matrix.rows
        let got = try zoo.values([
            "eigenvalues(\(map), count=\(size), which=smallest)", "eigenvectors(\(map), count=\(size), which=smallest)",
            "eigenvalues(\(map), count=\(min(3, size)))", "eigenvalues(\(map), count=\(min(3, size)), which=largest)",
        ])
        let vectors = DenseMatrix(size, size, got[1])
        let difference = matrix * vectors - vectors * DenseMatrix(diagonal: got[0])
        #expect(difference.norm <= 1e-9 * max(matrix.norm, 1))
        let identity = DenseMatrix(diagonal: Array(repeating: 1, count: size))
        #expect((vectors.transposed * vectors - identity).norm <= 1e-9)
        #expect(got[0] == got[0].sorted())
        let byMagnitude = got[0].sorted { abs($0) > abs($1) }.prefix(3).map(abs)
        expectNear(got[2].map(abs), Array(byMagnitude), 1e-9, "magnitudes")
        expectNear(got[3], Array(got[0].reversed().prefix(3)), 1e-9, "largest")
    }

    @Test(arguments: OperatorZoo.definite) func solutions(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let size = matrix.rows
        let wanted = matrix.solve(DenseMatrix(diagonal: Array(repeating: 1, count: size)))
        let got = try zoo.values([
            "inverse(\(map), solver=direct) @ I\(size)", "inverse(\(map), tolerance=1e-12) @ I\(size)",
        ])
        expectNear(got[0], wanted.values, 1e-7, "direct")
        expectNear(got[1], wanted.values, 1e-7, "auto")
    }

    @Test(arguments: ["hessian - 5 * identity", "dense(M)", "block_diagonal(dense(M), -1 * dense(S4))"])
    func directSolutionsOfWhatIsNotDefinite(map: String) throws {
        let zoo = try OperatorZoo()
        let matrix = try zoo.matrix(map)
        let size = matrix.rows
        let got = try zoo.values(["materialize(inverse(\(map), solver=direct))"])
        let product = matrix * DenseMatrix(size, size, got[0])
        #expect((product - DenseMatrix(diagonal: Array(repeating: 1, count: size))).norm < 1e-8)
    }

    @Test func nestedIterations() throws {
        let zoo = try OperatorZoo()
        let map = "ggn + 0.5 * identity"
        let inverse = try zoo.matrix(map).solve(DenseMatrix(diagonal: Array(repeating: 1, count: 26)))
        let got = try zoo.values([
            "trace(inverse(\(map), solver=cg, tolerance=1e-12), method=exact)",
            "eigenvalues(inverse(\(map), solver=cg, tolerance=1e-12), count=1, which=largest)",
            "norm(inverse(\(map), solver=cg, tolerance=1e-10, preconditioner=inverse(\(map), solver=cg, tolerance=1e-3)) @ v)",
            "norm(inverse(\(map), solver=direct) @ v)",
        ])
        expectNear(got[0], [inverse.trace], 1e-8, "trace of an inverse")
        expectNear(got[1], [2], 1e-8, "the least eigenvalue of a singular ggn is its shift")
        expectNear(got[2], got[3], 1e-8, "a preconditioner that iterates")
    }
}
