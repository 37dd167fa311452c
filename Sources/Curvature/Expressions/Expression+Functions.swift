/// Functions of operators as a whole; which of them are square and symmetric is checked here, as far as the structure says it.
extension Expression {
    package static func function(_ function: MatrixFunction, of map: Expression) throws(KindError) -> Expression {
        let name = "'\(function.name)'"
        guard case .operator(let rows, let columns) = map.kind else {
            let isBlock = if case .block = map.kind { true } else { false }
            throw KindError(
                name, operand: 0, needs: "an operator", found: "\(map.kind)",
                hint: isBlock ? "dense(M) is a block as an operator" : nil)
        }
        var notSquare: KindError { KindError(name, operand: 0, needs: "a square operator", found: "\(map.kind)") }
        switch function {
        case .frobeniusNorm, .singularValues, .materialize: break
        case .trace, .diagonal:
            guard rows == columns else { throw notSquare }
        case .logdet, .eigenvalues, .eigenvectors, .spectralDensity:
            guard rows == columns else { throw notSquare }
            guard map.properties.isSymmetric != false || function.isOfEigenvalues && map.symmetricallySimilar != nil
            else {
                throw KindError(
                    name, operand: 0, needs: "a symmetric operator", found: "one that is not its own transpose",
                    hint: function.isOfEigenvalues
                        ? "of products, the eigenvalues of inverse(K + d * identity) @ A with a Kronecker-factored K are known to be real"
                        : nil)
            }
        }
        try check(function, smallerSide: min(rows, columns))
        let kind: Kind =
            switch function {
            case .trace, .frobeniusNorm, .logdet: .scalar
            case .diagonal: .vector(rows)
            case .eigenvalues(let options), .singularValues(let options): .vector(options.count)
            case .eigenvectors(let options): .block(rows, options.count)
            case .spectralDensity(let options): .block(options.points, 2)
            case .materialize: .block(rows, columns)
            }
        return try make(.function(function, map), kind)
    }

    private static func check(_ function: MatrixFunction, smallerSide: Int) throws(KindError) {
        switch function {
        case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options):
            try check(options, function)
        case .eigenvalues(let options), .eigenvectors(let options), .singularValues(let options):
            guard 1...smallerSide ~= options.count else {
                throw KindError(
                    "'count'", needs: "a whole number from 1 to \(smallerSide), the operator's size",
                    found: "\(options.count)")
            }
            try check(tolerance: options.tolerance)
        case .spectralDensity(let options):
            try check("samples", options.samples, from: 1)
            try check("depth", options.depth, from: 1)
            try check("points", options.points, from: 2)
            if let width = options.width, !(width > 0 && width.isFinite) {
                throw KindError("'width'", needs: "a number above 0", found: "\(width)")
            }
        case .materialize: break
        }
    }

    private static func check(_ options: EstimatorOptions, _ function: MatrixFunction) throws(KindError) {
        guard function.methods.contains(options.method) else {
            let names = function.methods.map(\.rawValue)
            throw KindError(
                "'\(function.name)'",
                needs: "method=" + names.dropLast().joined(separator: ", ") + " or \(names.last!)",
                found: "method=\(options.method.rawValue)")
        }
        let least =
            switch options.method {
            case .hutchPlusPlus: 3
            case .xTrace, .xDiag: 4
            default: 1
            }
        if let samples = options.samples { try check("samples", samples, from: least) }
        if let tolerance = options.tolerance { try check(tolerance: tolerance) }
        if let depth = options.depth { try check("depth", depth, from: 1) }
        if options.method == .exact {
            let extra: String? =
                options.samples != nil
                ? "samples" : options.tolerance != nil ? "tolerance" : options.probes != nil ? "probes" : nil
            if let extra {
                throw KindError(
                    "'\(function.name)'", needs: "a method that samples beside '\(extra)'", found: "method=exact")
            }
        }
        if options.depth != nil, options.method != .lanczosQuadrature {
            throw KindError("'depth'", needs: "method=slq beside it", found: "method=\(options.method.rawValue)")
        }
        if options.probes == .gaussian, options.method == .xDiag || function.name == "diagonal" {
            throw KindError("'probes'", needs: "rademacher for a diagonal", found: "gaussian")
        }
    }

    private static func check(_ name: String, _ value: Int, from least: Int) throws(KindError) {
        guard value >= least, value < 1 << 31 else {
            throw KindError("'\(name)'", needs: "a whole number from \(least)", found: "\(value)")
        }
    }
    private static func check(tolerance: Double) throws(KindError) {
        guard tolerance > 0, tolerance < 1 else {
            throw KindError("'tolerance'", needs: "a number above 0 and below 1", found: "\(tolerance)")
        }
    }
}

extension MatrixFunction {
    /// Whether it is the same for similar operators.
    var isOfEigenvalues: Bool {
        switch self {
        case .eigenvalues, .spectralDensity: true
        default: false
        }
    }
}
