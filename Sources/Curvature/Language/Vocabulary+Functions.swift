/// Functions of operators as a whole, with their options.
extension Word {
    /// `name(A, method=..., samples=...)`.
    static func estimated(
        _ name: String, _ function: @escaping @Sendable (EstimatorOptions) -> MatrixFunction
    ) -> Word {
        let methods = function(EstimatorOptions()).methods
        // Only what a method of the function takes.
        let keywords =
            ["method", "samples", "tolerance", "seed", "probes"]
            + (methods.contains(.lanczosQuadrature) ? ["depth"] : [])
        let usage = "\(name)(A, \(keywords.map { "\($0)=..." }.joined(separator: ", ")))"
        return .function(usage, count: 1...1, keywords: keywords) { call throws(ExpressionError) in
            let arguments = call.arguments
            var options = EstimatorOptions()
            if let method = try arguments.option("method", among: methods.map(\.rawValue)) {
                options.method = EstimatorOptions.Method(rawValue: method)!
            }
            options.samples = try arguments.wholeNumber("samples", from: 1, through: UInt64(Int32.max)).map(Int.init)
            options.tolerance = try arguments.number("tolerance", above: 0, below: 1)
            options.seed = try arguments.wholeNumber("seed", from: 0, through: .max) ?? 0
            options.probes = try arguments.option(
                "probes", among: EstimatorOptions.Probes.allCases.map(\.rawValue)
            ).map { EstimatorOptions.Probes(rawValue: $0)! }
            if methods.contains(.lanczosQuadrature) {
                options.depth = try arguments.wholeNumber("depth", from: 1, through: UInt64(Int32.max)).map(Int.init)
            }
            return try call.function(function(options))
        }
    }

    /// `name(A, count=..., which=...)`.
    static func spectral(_ name: String, _ function: @escaping @Sendable (SpectrumOptions) -> MatrixFunction) -> Word {
        let hasEnds = name != "singular_values"
        let keywords = ["count"] + (hasEnds ? ["which"] : []) + ["tolerance", "max_iterations", "seed", "basis"]
        let usage = "\(name)(A, \(keywords.map { "\($0)=..." }.joined(separator: ", ")))"
        return .function(usage, count: 1...1, keywords: keywords) { call throws(ExpressionError) in
            let arguments = call.arguments
            var options = SpectrumOptions()
            let count = try arguments.wholeNumber("count", from: 1, through: UInt64(Int32.max)).map(Int.init)
            if hasEnds, let end = try arguments.option("which", among: SpectrumEnd.allCases.map(\.name)) {
                options.end = SpectrumEnd.allCases.first { $0.name == end }!
            }
            if let tolerance = try arguments.number("tolerance", above: 0, below: 1) { options.tolerance = tolerance }
            if let most = try arguments.wholeNumber("max_iterations", from: 0, through: UInt64(Int32.max)) {
                options.maxRestarts = Int(most)
            }
            options.seed = try arguments.wholeNumber("seed", from: 0, through: .max) ?? 0
            options.hasFloat64Basis = try arguments.option("basis", among: ["float32", "float64"]) == "float64"
            return try call.checked { [options] operands throws(KindError) in
                var options = options
                let side = operands[0].kind.shape.prefix(2).min() ?? 0
                options.count = count ?? min(SpectrumOptions.defaultCount, max(side, 1))
                return try .function(function(options), of: operands[0])
            }
        }
    }
}

extension Vocabulary {
    @Sendable static func spectralDensity(_ call: Call) throws(ExpressionError) -> Elaborated {
        var options = DensityOptions()
        func number(_ name: String, from least: UInt64) throws(ExpressionError) -> Int? {
            try call.arguments.wholeNumber(name, from: least, through: UInt64(Int32.max)).map(Int.init)
        }
        options.samples = try number("samples", from: 1) ?? options.samples
        options.depth = try number("depth", from: 1) ?? options.depth
        options.points = try number("points", from: 2) ?? options.points
        options.width = try call.arguments.number("width", above: 0, below: .greatestFiniteMagnitude)
        options.seed = try call.arguments.wholeNumber("seed", from: 0, through: .max) ?? 0
        return try call.function(.spectralDensity(options))
    }

    /// `submatrix(A, "rows", "columns")`.
    @Sendable static func submatrix(_ call: Call) throws(ExpressionError) -> Elaborated {
        let arguments = call.arguments.positional
        let (elaborator, shape) = (call.elaborator, call.elaborator.shape)
        let map = Elaborator.Operand(try elaborator.elaborate(arguments[0].value), arguments[0].column)
        guard case .operator(let rows, let columns) = map.value.expression.kind else {
            throw elaborator.source.error(
                at: map.column, "'submatrix' needs an operator here, found \(map.value.expression.kind)")
        }
        func selection(_ argument: Syntax.Argument, _ size: Int) throws(ExpressionError) -> EntrySelection {
            guard case .string(let text) = argument.value.form else {
                throw elaborator.source.error(
                    at: argument.column,
                    "'submatrix' needs parameter names or a range in double quotes here, found \(argument.value.found)")
            }
            do throws(KindError) {
                return try EntrySelection(text, size: size, shape)
            } catch {
                throw elaborator.source.error(at: argument.column, "\(error)")
            }
        }
        let (top, left) = (try selection(arguments[1], rows), try selection(arguments[2], columns))
        return try elaborator.checked(at: call.column, [map]) { x throws(KindError) in
            try .submatrix(x[0], rows: top, columns: left)
        }
    }
}

extension Call {
    fileprivate func function(_ function: MatrixFunction) throws(ExpressionError) -> Elaborated {
        try checked { x throws(KindError) in try .function(function, of: x[0]) }
    }
    fileprivate func checked(
        _ factory: ([Expression]) throws(KindError) -> Expression
    ) throws(ExpressionError) -> Elaborated {
        try elaborator.checked(at: column, operands(), factory)
    }
}
