/// A leaf or function that the language has a name for.
struct Word: Sendable {
    let name: String
    /// How it is written, for errors.
    let usage: String
    /// Whether it may stand without parentheses.
    let isLeaf: Bool
    /// How many arguments without a name it takes, and which named ones.
    let count: ClosedRange<Int>
    let keywords: [String]
    /// Nil for a word that this version knows and does not have.
    let build: (@Sendable (Call) throws(ExpressionError) -> Elaborated)?

    static func leaf(_ name: String, _ expression: @escaping @Sendable (ProblemShape) -> Expression) -> Word {
        Word(name: name, usage: name, isLeaf: true, count: 0...0, keywords: []) { call throws(ExpressionError) in
            Elaborated(expression(call.elaborator.shape))
        }
    }

    static func leaf(
        _ usage: String, count: ClosedRange<Int> = 0...0, keywords: [String] = [],
        build: @escaping @Sendable (Call) throws(ExpressionError) -> Elaborated
    ) -> Word {
        Word(
            name: String(usage.prefix { $0 != "(" }), usage: usage, isLeaf: true, count: count, keywords: keywords,
            build: build)
    }

    /// A function of expressions only, as many as `usage` shows.
    static func function(
        _ usage: String, _ build: @escaping @Sendable ([Expression]) throws(KindError) -> Expression
    ) -> Word {
        let count = usage.count { $0 == "," } + 1
        return Word(
            name: String(usage.prefix { $0 != "(" }), usage: usage, isLeaf: false, count: count...count, keywords: []
        ) { call throws(ExpressionError) in
            try call.elaborator.checked(at: call.column, call.operands(), build)
        }
    }

    /// A function with named arguments.
    static func function(
        _ usage: String, count: ClosedRange<Int>, keywords: [String],
        build: @escaping @Sendable (Call) throws(ExpressionError) -> Elaborated
    ) -> Word {
        Word(
            name: String(usage.prefix { $0 != "(" }), usage: usage, isLeaf: false, count: count, keywords: keywords,
            build: build)
    }

    static func unavailable(_ name: String) -> Word {
        Word(name: name, usage: name, isLeaf: false, count: 0...0, keywords: [], build: nil)
    }
}

/// A use of a word.
struct Call: Sendable {
    let arguments: Arguments
    let column: Int
    let elaborator: Elaborator

    /// The arguments without a name, as expressions.
    func operands() throws(ExpressionError) -> [Elaborator.Operand] {
        var operands: [Elaborator.Operand] = []
        for argument in arguments.positional {
            operands.append(Elaborator.Operand(try elaborator.elaborate(argument.value), argument.column))
        }
        return operands
    }
}

/// All words. A new leaf or function is one entry here.
enum Vocabulary {
    static let words = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })

    private static let list: [Word] = [
        .leaf("loss") { _ in .loss() },
        .leaf("gradient") { .gradient($0) },
        .leaf("prediction") { .prediction($0) },
        .leaf("hessian") { .hessian($0) },
        .leaf("ggn(samples=S, seed=s)", keywords: ["samples", "seed"], build: ggn),
        .leaf("fisher(samples=S, seed=s)", keywords: ["samples", "seed"], build: ggn),
        .leaf("empirical_fisher") { .empiricalFisher($0) },
        .leaf("jacobian") { .jacobian($0) },
        .kronecker(.kfac),
        .kronecker(.ekfac),
        .kronecker(.kfoc),
        .leaf("identity(n)", count: 0...1, build: identity),
        .function("diag(v)") { x throws(KindError) in try .diagonal(x[0]) },
        .function("dense(M)") { x throws(KindError) in try .dense(x[0]) },
        .function("transpose(A)") { x throws(KindError) in try .transpose(x[0]) },
        .function(
            "inverse(A, solver=..., tolerance=..., max_iterations=..., preconditioner=P, scale=..., damping=..., damping_style=...)",
            count: 1...1,
            keywords: ["solver", "tolerance", "max_iterations", "preconditioner", "scale", "damping", "damping_style"],
            build: inverse),
        .function(
            "submatrix(A, \"rows\", \"columns\")", count: 3...3, keywords: [], build: submatrix),
        .function("power(K, p)", count: 2...2, keywords: []) { call throws(ExpressionError) in
            let arguments = call.arguments.positional
            let map = Elaborator.Operand(
                try call.elaborator.elaborate(arguments[0].value), arguments[0].column)
            let exponent = Elaborator.Operand(
                try call.elaborator.elaborate(arguments[1].value), arguments[1].column)
            return try call.elaborator.checked(at: call.column, [map, exponent]) { x throws(KindError) in
                guard let number = x[1].number else {
                    throw KindError("'power'", operand: 1, needs: "a number", found: "\(x[1].kind)")
                }
                return try .power(x[0], number)
            }
        },
        .function("low_rank(U)") { x throws(KindError) in try .lowRank(x[0]) },
        .function("kron(A, B, ...)", count: 1...64, keywords: []) { call throws(ExpressionError) in
            try call.elaborator.checked(at: call.column, call.operands(), Expression.kronecker)
        },
        .function("block_diagonal(A, B, ...)", count: 1...1024, keywords: []) { call throws(ExpressionError) in
            try call.elaborator.checked(at: call.column, call.operands(), Expression.blockDiagonal)
        },
        .function("materialize(A)") { x throws(KindError) in try .function(.materialize, of: x[0]) },
        .estimated("trace", { .trace($0) }),
        .estimated("diagonal", { .diagonal($0) }),
        .estimated("frobenius_norm", { .frobeniusNorm($0) }),
        .estimated("logdet", { .logdet($0) }),
        .spectral("eigenvalues", { .eigenvalues($0) }),
        .spectral("eigenvectors", { .eigenvectors($0) }),
        .spectral("singular_values", { .singularValues($0) }),
        .function(
            "spectral_density(A, samples=..., depth=..., points=..., width=..., seed=...)", count: 1...1,
            keywords: ["samples", "depth", "points", "width", "seed"], build: spectralDensity),
        .function("norm(v)") { x throws(KindError) in try .norm(x[0]) },
        .function("dot(u, v)") { x throws(KindError) in try .dot(x[0], x[1]) },
    ]

    /// Exact without `samples`.
    @Sendable private static func ggn(_ call: Call) throws(ExpressionError) -> Elaborated {
        let samples = try call.arguments.wholeNumber("samples", from: 1, through: UInt64(Int.max))
        let seed = try call.arguments.wholeNumber("seed", from: 0, through: .max)
        if samples == nil, let column = call.arguments.column(of: "seed") {
            throw call.elaborator.source.error(at: column, "'seed' needs 'samples' beside it, found it alone")
        }
        return try call.elaborator.checked(at: call.column, []) { _ throws(KindError) in
            try .ggn(samples: samples.map(Int.init), seed: seed ?? 0, call.elaborator.shape)
        }
    }

    @Sendable private static func inverse(_ call: Call) throws(ExpressionError) -> Elaborated {
        var options = InverseOptions()
        if let solver = try call.arguments.option("solver", among: InverseOptions.Solver.allCases.map(\.rawValue)) {
            options.solver = InverseOptions.Solver(rawValue: solver)!
        }
        if let tolerance = try call.arguments.number("tolerance", above: 0, below: 1) { options.tolerance = tolerance }
        options.scale = try call.arguments.number("scale", above: 0, below: .greatestFiniteMagnitude)
        options.maxIterations = try call.arguments.wholeNumber("max_iterations", from: 1, through: UInt64(Int32.max))
            .map(Int.init)
        var operands = try call.operands()
        if let damping = try call.arguments.number("damping", above: 0, below: .greatestFiniteMagnitude) {
            let style = try call.arguments.option("damping_style", among: DampingStyle.allCases.map(\.rawValue))
            return try call.elaborator.checked(at: call.column, operands) { x throws(KindError) in
                try .dampedInverse(x[0], damping: damping, style: style.flatMap(DampingStyle.init(rawValue:)))
            }
        }
        if let column = call.arguments.column(of: "damping_style") {
            throw call.elaborator.source.error(at: column, "'damping_style' needs 'damping' beside it, found it alone")
        }
        // An identity without a size takes that of the operator.
        if let syntax = call.arguments.value(of: "preconditioner") {
            var preconditioner = try call.elaborator.elaborate(syntax)
            if let size = operands[0].value.expression.kind.shape.first { preconditioner = preconditioner.sized(size) }
            operands.append(Elaborator.Operand(preconditioner, syntax.column))
        }
        return try call.elaborator.checked(at: call.column, operands) { [options] x throws(KindError) in
            try .inverse(x[0], options, preconditioner: x.count > 1 ? x[1] : nil)
        }
    }

    /// D x D unless it meets something else; `identity(n)` is n x n whatever it meets.
    @Sendable private static func identity(_ call: Call) throws(ExpressionError) -> Elaborated {
        guard let size = call.arguments.positional.first?.value else {
            return Elaborated(.identity(call.elaborator.shape.parameters), hasFreeSize: true)
        }
        let entries = try call.arguments.wholeNumber(size, called: "identity", from: 1, through: UInt64(Int.max))
        return Elaborated(.identity(Int(entries)))
    }
}
