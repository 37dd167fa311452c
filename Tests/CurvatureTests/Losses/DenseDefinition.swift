@testable import Curvature

/// Every leaf as a dense matrix or vector: the loss's terms on plain arrays, and J column by column.
struct DenseDefinition {
    let setup: LossSetup
    /// Predictions, one row for each term.
    let z: [[Double]]
    /// (N T C) x D.
    let jacobian: Matrix
    let loss: Double
    let gradient: [Double]
    let ggn: Matrix
    let empiricalFisher: Matrix

    init(_ setup: LossSetup) throws {
        self.setup = setup
        let (dense, m) = (setup.dense, setup.divisor)
        let results = try valuesByName(["prediction", "J = jacobian @ I"], setup.problem)
        let (outputs, parameters) = (dense.outputs, setup.problem.shape.parameters)
        z = LossSetup.rows(results["prediction"]!, outputs)
        jacobian = Matrix(rows: dense.terms * outputs, columns: parameters, results["J"]!)
        let (z, jacobian) = (z, jacobian)
        func jacobianRows(_ i: Int) -> Matrix {
            let start = i * outputs * parameters
            return Matrix(
                rows: outputs, columns: parameters, Array(jacobian.values[start..<start + outputs * parameters]))
        }
        loss = (0..<dense.terms).reduce(0) { $0 + dense.value($1, z[$1]) } / m
        var gradient = [Double](repeating: 0, count: parameters)
        var ggn = Matrix(rows: parameters, columns: parameters)
        var fisher = ggn
        for i in 0..<dense.terms {
            let rows = jacobianRows(i)
            let g = rows.transposed * dense.gradient(i, z[i])
            gradient = zip(gradient, g).map { $0 + $1 / m }
            ggn = ggn + (1 / m) * (rows.transposed * dense.hessian(i, z[i]) * rows)
            fisher =
                fisher + (1 / m) * (Matrix(rows: parameters, columns: 1, g) * Matrix(rows: 1, columns: parameters, g))
        }
        (self.gradient, self.ggn, empiricalFisher) = (gradient, ggn, fisher)
    }

    /// The GGN of drawn labels: (1/(S m)) sum J^T a a^T J. `draws` gives the numbers of (example, term, sample).
    func sampledGGN(samples: Int, draws: (Int, Int, Int) -> [Double]) -> Matrix {
        let (dense, terms) = (setup.dense, setup.architecture.terms)
        let parameters = jacobian.columns
        var sum = Matrix(rows: parameters, columns: parameters)
        for i in 0..<dense.terms {
            var outer = Matrix(rows: dense.outputs, columns: dense.outputs)
            for sample in 0..<samples {
                let a = dense.score(i, z[i], draws(i / terms, i % terms, sample))
                outer = outer + Matrix(rows: dense.outputs, columns: 1, a) * Matrix(rows: 1, columns: dense.outputs, a)
            }
            let start = i * dense.outputs * parameters
            let rows = Matrix(
                rows: dense.outputs, columns: parameters,
                Array(jacobian.values[start..<start + dense.outputs * parameters]))
            sum = sum + (1 / (Double(samples) * setup.divisor)) * (rows.transposed * outer * rows)
        }
        return sum
    }

    /// The Hessian times the columns of a matrix, by central differences of the library's own gradient.
    func hessian(times directions: Matrix) throws -> Matrix {
        try Self.differences(setup.problem, along: directions) {
            try valuesByName(["gradient"], $0)["gradient"]!
        }
    }

    /// Central differences of fourth order of a function of the parameters, moved along each column of `directions`.
    static func differences(
        _ problem: Problem, along directions: Matrix, of function: (Problem) throws -> [Double]
    ) throws -> Matrix {
        let step = 1e-3
        let values = problem.model.allValues
        let columns = try (0..<directions.columns).map { index in
            let direction = directions.column(index)
            func moved(_ steps: Double) throws -> [Double] {
                let model = problem.model.with(zip(values, direction).map { $0 + steps * step * $1 })
                return try function(
                    Problem(
                        name: "moved", model: model, loss: problem.loss, data: problem.data, vectors: problem.vectors))
            }
            let near = zip(try moved(1), try moved(-1)).map { $0 - $1 }
            let far = zip(try moved(2), try moved(-2)).map { $0 - $1 }
            return zip(near, far).map { (8 * $0 - $1) / (12 * step) }
        }
        return Matrix(rows: columns.count, columns: columns[0].count, columns.flatMap(\.self)).transposed
    }

    // MARK: Requests

    /// A vector or block of the setup as a matrix.
    func block(_ name: String) -> Matrix {
        let (shape, values) = setup.vectors[name]!
        return Matrix(rows: shape[0], columns: shape.count == 1 ? 1 : shape[1], values)
    }

    static let requests = [
        "loss", "gradient", "prediction", "Hv = hessian @ v", "HV = hessian @ V", "Gv = ggn @ v", "GV = ggn @ V",
        "Fv = fisher @ v", "Ev = empirical_fisher @ v", "EV = empirical_fisher @ V", "Jv = jacobian @ v",
        "JV = jacobian @ V",
        "Ju = transpose(jacobian) @ u", "JU = transpose(jacobian) @ U",
        "mix = (2 * hessian - 0.5 * ggn + 0.3 * empirical_fisher + 0.1 * identity) @ v + 0.7 * gradient"
            + " + transpose(jacobian) @ u",
        "MIX = (0.4 * ggn - empirical_fisher + 3 * hessian) @ V + 0.5 * transpose(jacobian) @ (jacobian @ V + U3)",
    ]

    /// What the requests give by definition, in the requests' order: of this setup, or where the loss is divided by
    /// `divisor` more. `products` are the Hessian's with v and V.
    func values(products: (Matrix, Matrix), dividedBy divisor: Double = 1) -> [(name: String, values: [Double])] {
        let (v, V, u, U, U3) = (block("v"), block("V"), block("u"), block("U"), block("U3"))
        let scale = 1 / divisor
        let (J, G, E) = (jacobian, scale * ggn, scale * empiricalFisher)
        let (Hv, HV) = (scale * products.0, scale * products.1)
        let gradient = scale * Matrix(rows: gradient.count, columns: 1, gradient)
        let mix = 2 * Hv + (-0.5) * (G * v) + 0.3 * (E * v) + 0.1 * v + 0.7 * gradient + J.transposed * u
        let mixed = 0.4 * (G * V) + (-1) * (E * V) + 3 * HV + 0.5 * (J.transposed * (J * V + U3))
        return [
            ("loss", [scale * loss]), ("gradient", gradient.values), ("prediction", z.flatMap(\.self)),
            ("Hv", Hv.values), ("HV", HV.values), ("Gv", (G * v).values), ("GV", (G * V).values),
            ("Fv", (G * v).values), ("Ev", (E * v).values), ("EV", (E * V).values),
            ("Jv", (J * v).values), ("JV", (J * V).values),
            ("Ju", (J.transposed * u).values), ("JU", (J.transposed * U).values), ("mix", mix.values),
            ("MIX", mixed.values),
        ]
    }
}

/// Compiles and runs requests: their values by name, copied while the results live.
func valuesByName(
    _ requests: [String], _ problem: Problem, batchSize: Int? = nil, threads: Int = 1, precision: Precision = .float64,
    isNaive: Bool = false
) throws -> [String: [Double]] {
    let results = try evaluate(
        requests, problem, batchSize: batchSize, threads: threads, precision: precision, isNaive: isNaive
    ).results
    return withExtendedLifetime(results) {
        Dictionary(uniqueKeysWithValues: results.entries.map { ($0.name, $0.values) })
    }
}
