import Testing

@testable import Curvature

/// Losses written as closures: those that are built in, written anew, give what the built-in ones give, in every leaf.
@Suite struct CustomLossTests {
    struct Rewritten: Sendable, CustomTestStringConvertible {
        var builtIn: LossCase
        var term = CustomLoss.Term.position
        var body: @Sendable (Tensor, Tensor) throws -> Tensor
        /// Whether outputs of a term meet in the Hessian, so that its root is another one.
        var isDense = false
        var testDescription: String { builtIn.function }

        func problem(_ setup: LossSetup) throws -> Problem {
            try Problem(
                name: "model", model: setup.problem.model,
                loss: .custom("mine", term: term, reduction: setup.problem.loss.reduction, body),
                data: setup.problem.data, vectors: setup.problem.vectors)
        }
    }

    static let rewritten = [
        Rewritten(builtIn: LossCase.classes[0], body: { try crossEntropy($0, $1.oneHot(3)) }, isDense: true),
        Rewritten(builtIn: LossCase.probabilities[0], body: crossEntropy, isDense: true),
        Rewritten(builtIn: LossCase.squared[0], body: { try ($0 - $1).square() }),
        Rewritten(
            builtIn: LossCase(function: "bce", targets: .softBits),
            // By the sigmoid, not as the library writes it.
            body: { z, y in
                let p = try z.sigmoid()
                return try -(y * p.log() + (1 - y) * (1 - p).log())
            }),
    ]
    private static func crossEntropy(_ z: Tensor, _ q: Tensor) throws -> Tensor {
        let e = try z.exp()
        return try -(q * (e / e.sum(axes: [1], keepsAxes: true)).log()).sum(axes: [1])
    }

    @Test(arguments: rewritten, [Architecture.flat, .sequence, .grid])
    func builtInLossesWrittenAnew(loss: Rewritten, architecture: Architecture) throws {
        var requests = [
            "loss", "prediction", "gradient", "hessian @ V", "ggn @ V", "empirical_fisher @ V",
            "transpose(jacobian) @ U",
            "diagonal(ggn)", "diagonal(empirical_fisher)", "trace(ggn)", "hessian @ v + 2 * gradient - ggn @ v",
            "inverse(ggn + 0.1 * identity, solver=direct) @ v", "kfac(fisher=empirical) @ v",
            "kfac(fisher=forward_only) @ v",
        ]
        // With terms that meet in the network, the factors of type2 depend on the root.
        if architecture == .flat || !loss.isDense {
            requests += [
                "kfac(fisher=type2) @ V", "ekfac(fisher=type2) @ v", "inverse(kfac(fisher=type2), damping=0.1) @ v",
                "kfac(fisher=type2, weight_sharing=reduce) @ v",
            ]
        }
        for reduction in Loss.Reduction.allCases {
            let setup = try LossSetup(loss.builtIn, architecture, reduction: reduction)
            let named = requests.enumerated().map { "r\($0) = \($1)" }
            let want = try valuesByName(named, setup.problem)
            let got = try valuesByName(named, loss.problem(setup), batchSize: 3, threads: 2)
            let naive = try valuesByName(named, loss.problem(setup), isNaive: true)
            for (index, request) in requests.enumerated() {
                #expect(relativeError(got["r\(index)"]!, want["r\(index)"]!) < 1e-10, "\(request)")
                #expect(relativeError(naive["r\(index)"]!, want["r\(index)"]!) < 1e-10, "\(request), naive")
            }
            // The diagonal of the two-dimensional block agrees whatever the root.
            let ggn = try DenseDefinition(setup).ggn
            let diagonal = (0..<ggn.rows).map { ggn.values[$0 * ggn.columns + $0] }
            #expect(relativeError(got["r7"]!, diagonal) < 1e-10)
        }
    }

    /// E[a a^T] = h: with S draws the error falls as 1/sqrt(S).
    @Test(arguments: rewritten)
    func sampledOnesConverge(loss: Rewritten) throws {
        let setup = try LossSetup(loss.builtIn, .sequence)
        let problem = try loss.problem(setup)
        let want = try valuesByName(["G = ggn @ V"], problem)["G"]!
        let few = try valuesByName(["G = ggn(samples=20) @ V"], problem)["G"]!
        let many = try valuesByName(["G = ggn(samples=8000) @ V"], problem)["G"]!
        let (wide, narrow) = (relativeError(few, want), relativeError(many, want))
        #expect(narrow < 0.03 && wide > 4 * narrow, "errors \(wide) and \(narrow)")
        // Factors from the same draws; their mean is that of type2 where each example has one term.
        let flat = try loss.problem(LossSetup(loss.builtIn, .flat))
        let type2 = try valuesByName(["K = kfac(fisher=type2) @ v"], flat)["K"]!
        let drawn = try valuesByName(["K = kfac(fisher=mc, samples=8000) @ v"], flat)["K"]!
        #expect(relativeError(drawn, type2) < 0.06)
    }

    /// The output gradient is a variable where the gradient is differentiated. Here it equals a value of the network, which the network's derivative uses.
    @Test func gradientThatIsAValueOfTheNetwork() throws {
        var numbers = SeededNumbers(seed: 4)
        let model = try Model(
            Sequential(Linear(4), Activation.tanh, Linear(2), Activation.tanh), inputShape: [3], seed: 3)
        let count = model.parameters.reduce(0) { $0 + $1.count }
        let inputs = numbers.array(15)
        func problem(_ loss: Loss, targets: [Double]) throws -> Problem {
            try Problem(
                model: .network(model), loss: loss,
                data: .arrays([
                    "inputs": HostArray(inputs, shape: [5, 3]), "targets": HostArray(targets, shape: [5, 2]),
                ]), vectors: .arrays(["v": HostArray((0..<count).map { Double($0 % 5) - 1.7 }, shape: [count])]))
        }
        // z^2/2 and z^2 are a factor of two apart; the built-in loss is checked against finite differences.
        let zero = [Double](repeating: 0, count: 10)
        let requests = ["l = loss", "g = gradient", "h = hessian @ v", "e = empirical_fisher @ v"]
        let half = try valuesByName(
            requests, problem(.custom("half", reduction: .sum) { z, _ in try z.square() * 0.5 }, targets: zero))
        let whole = try valuesByName(requests, problem(.meanSquaredError(reduction: .sum), targets: zero))
        for (name, factor) in [("l", 2.0), ("g", 2), ("h", 2), ("e", 4)] {
            #expect(relativeError(half[name]!.map { $0 * factor }, whole[name]!) < 1e-13, "\(name)")
        }
        // Of z itself: the output gradient is constant, and the Hessian is all the network's.
        let linearProblem = try problem(.custom("linear", reduction: .sum) { z, _ in z }, targets: zero)
        let linear = try valuesByName(["h = hessian @ v", "g = ggn @ v"], linearProblem)
        let direction = Matrix(rows: count, columns: 1, (0..<count).map { Double($0 % 5) - 1.7 })
        let difference = try DenseDefinition.differences(linearProblem, along: direction) {
            try valuesByName(["g = gradient"], $0)["g"]!
        }.values
        #expect(relativeError(linear["h"]!, difference) < 1e-8)
        #expect(linear["g"]!.allSatisfy { $0 == 0 })
    }

    /// z^T A z / 2 of all outputs of an example, which meet across positions: everything in closed form from the Jacobian.
    @Test func lossOfAWholeExample() throws {
        let setup = try LossSetup(LossCase.squared[0], .sequence, reduction: .sum)
        let size = setup.problem.shape.terms * setup.problem.shape.outputs
        var numbers = SeededNumbers(seed: 8)
        let root = Matrix(rows: size, columns: size, numbers.array(size * size))
        let a = root.transposed * root
        let loss = Loss.custom("quadratic", term: .example, reduction: .mean) { z, _ in
            let flat = try z.flattened()
            return try (flat * flat.matmul(z.constant(a.values, shape: [size, size]))).sum(axes: [1]) * 0.5
        }
        let problem = try Problem(
            name: "model", model: setup.problem.model, loss: loss, data: setup.problem.data,
            vectors: setup.problem.vectors)
        #expect(problem.shape.terms == 1 && problem.shape.outputs == size)
        let got = try valuesByName(
            ["G = ggn @ I", "E = empirical_fisher @ I", "d = diagonal(ggn)", "p = prediction", "g = gradient"], problem,
            batchSize: 2)
        let jacobian = try DenseDefinition(setup).jacobian
        let n = LossSetup.examples
        let count = jacobian.columns
        var (ggn, fisher) = (Matrix(rows: count, columns: count), Matrix(rows: count, columns: count))
        var gradient = Matrix(rows: count, columns: 1)
        for example in 0..<n {
            let rows = Matrix(
                rows: size, columns: count,
                Array(jacobian.values[example * size * count..<(example + 1) * size * count]))
            let z = Matrix(rows: size, columns: 1, Array(got["p"]![example * size..<(example + 1) * size]))
            let own = rows.transposed * (a * z)
            ggn = ggn + (1 / Double(n)) * (rows.transposed * (a * rows))
            fisher = fisher + (1 / Double(n)) * (own * own.transposed)
            gradient = gradient + (1 / Double(n)) * own
        }
        #expect(relativeError(got["G"]!, ggn.values) < 1e-11)
        #expect(relativeError(got["E"]!, fisher.values) < 1e-11)
        #expect(relativeError(got["g"]!, gradient.values) < 1e-11)
        #expect(relativeError(got["d"]!, (0..<count).map { ggn.values[$0 * count + $0] }) < 1e-11)
    }

    /// Huber's loss, with both of its branches.
    @Test func hubersLoss() throws {
        let setup = try LossSetup(LossCase.squared[0], .flat)
        let problem = try Problem(
            name: "model", model: setup.problem.model,
            loss: .custom("huber") { z, y in
                let error = try (z - y).abs()
                return try (error - 0.7).wherePositive(error * 0.7 - 0.245, else: error.square() * 0.5)
            }, data: setup.problem.data, vectors: setup.problem.vectors)
        let got = try valuesByName(
            ["l = loss", "p = prediction", "g = gradient", "d = diagonal(ggn)", "G = ggn @ v"], problem)
        var targets = [Double](repeating: 0, count: got["p"]!.count)
        try setup.problem.read("targets", into: &targets)
        let jacobian = try DenseDefinition(setup).jacobian
        let error = zip(got["p"]!, targets).map { $0 - $1 }
        #expect(error.contains { abs($0) > 0.7 } && error.contains { abs($0) < 0.7 })
        let loss = error.reduce(0) { $0 + (abs($1) > 0.7 ? 0.7 * abs($1) - 0.245 : $1 * $1 / 2) } / Double(error.count)
        #expect(abs(got["l"]![0] - loss) < 1e-13)
        let slopes = error.map { max(-0.7, min(0.7, $0)) / Double(error.count) }
        let gradient = jacobian.transposed * Matrix(rows: error.count, columns: 1, slopes)
        #expect(relativeError(got["g"]!, gradient.values) < 1e-12)
        let diagonal = (0..<jacobian.columns).map { column in
            error.indices.reduce(0) { sum, row in
                let entry = jacobian.values[row * jacobian.columns + column]
                return sum + (abs(error[row]) < 0.7 ? entry * entry / Double(error.count) : 0)
            }
        }
        #expect(relativeError(got["d"]!, diagonal) < 1e-12)
    }
}

extension Problem {
    fileprivate func read(_ name: String, into values: inout [Double]) throws {
        let count = values.count
        try values.withUnsafeMutableBytes { bytes in
            try data.read(name, from: 0, into: .init(address: bytes.baseAddress!, storage: .float64, sizes: [count]))
        }
    }
}
