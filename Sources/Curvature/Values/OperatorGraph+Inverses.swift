/// Inverses of operators: of their parts where the structure allows it, else a solver's iteration.
extension OperatorGraph {
    mutating func solve(
        _ map: Expression, _ options: InverseOptions, _ preconditioner: Expression?, transposed: Bool, _ x: Value,
        _ kind: Kind, _ known: inout [Expression: Value]
    ) -> Value {
        if options.solver == .direct || options.solver == .auto, preconditioner == nil,
            let value = outputSpaceSolution(map, options, x, kind, &known)
        {
            return value
        }
        let rows = map.kind.shape[0]
        let solve = SolveOptions(
            solver: options.solver, tolerance: options.tolerance,
            mostIterations: options.maxIterations ?? min(rows, InverseOptions.defaultMostIterations),
            scale: options.scale ?? 1, isPositiveDefinite: map.properties.isPositiveDefinite)
        if options.solver == .direct {
            let matrix = matrix(of: transposed ? (try? .transpose(map)) ?? map : map, &known)
            return directSolution(matrix, x, tolerance: options.tolerance)
        }
        func applied(_ operand: Expression, isTransposed: Bool) -> Iteration.Map {
            let hole = intern(.hole(depth: operand.iterationDepth, kind), kind)
            return Iteration.Map(hole: hole, body: apply(operand, transposed: isTransposed, to: hole, &known))
        }
        var maps = [applied(map, isTransposed: transposed)]
        if let preconditioner { maps.append(applied(preconditioner, isTransposed: transposed)) }
        // Least squares need the transpose beside the operator.
        if options.solver == .lsmr { maps.append(applied(map, isTransposed: !transposed)) }
        return intern(.iteration(Iteration(task: .solve(solve), maps: maps, arguments: [x])), kind)
    }

    /// The factors of a square matrix: what all its solutions and its determinant need.
    mutating func denseFactors(of matrix: Value) -> Value {
        let size = kind(matrix).shape[0]
        return intern(
            .iteration(Iteration(task: .dense(.factorize), maps: [], arguments: [matrix])), .block(size + 1, size))
    }

    mutating func directSolution(_ matrix: Value, _ x: Value, tolerance: Double) -> Value {
        let factors = denseFactors(of: matrix)
        return intern(
            .iteration(
                Iteration(task: .dense(.solve(tolerance: tolerance)), maps: [], arguments: [matrix, factors, x])),
            kind(x))
    }
}

extension Expression {
    /// The inverse by those of the operator's parts: block by block, factor by factor, or in the space of a low rank; nil where it has no such
    /// parts.
    func structuredInverse(_ options: InverseOptions) -> Expression? {
        let map = collapsed
        switch map.node {
        case .transpose(let inner):
            return inner.structuredInverse(options).flatMap { try? .transpose($0) }
        case .blockDiagonal(let blocks) where blocks.allSatisfy(\.isSquare):
            return try? .blockDiagonal(blocks.map { try Expression.inverse($0, options) })
        case .kronecker(let factors) where factors.allSatisfy(\.isSquare):
            return try? .kronecker(factors.map { try Expression.inverse($0, options) })
        case .sum:
            if let inverse = shiftedLowRank?.inverse { return inverse }
            guard let form = map.eigenform, form.vectors != nil else { return nil }
            // Small matrices that may not be symmetric are factorized as they are.
            if properties.isSymmetric != true, kind.shape[0] <= Iteration.largestExact { return nil }
            return try? form.with(values: .inverse(form.values, options))
        default: return nil
        }
    }

    /// A power by those of the operator's blocks, or by its parts' eigenvectors.
    var structuredPower: Expression? {
        let map = collapsed
        if let form = map.eigenform { return try? form.with(values: form.values) }
        if case .blockDiagonal = map.node { return map }
        return nil
    }
    /// Whether powers of it are known.
    var hasPowers: Bool {
        if spectralKronecker != nil { return true }
        let map = collapsed
        if map.eigenform != nil { return true }
        if case .blockDiagonal(let blocks) = map.node { return blocks.allSatisfy(\.hasPowers) }
        return false
    }
}

extension ShiftedLowRank {
    /// (s U U^T + d I)^-1 = (I - s U (s U^T U + d I)^-1 U^T) / d (Woodbury).
    fileprivate var inverse: Expression? {
        guard let capacitance, case .block(let rows, _) = block.kind else { return nil }
        return try? {
            let u = try Expression.dense(block)
            let core = try Expression.inverse(capacitance, InverseOptions(solver: .direct))
            let correction = try Expression.applied(.applied(u, core), .transpose(u))
            return try .quotient(
                .sum([.identity(rows), .scaled(by: .number(-scale), correction)]), by: .number(shift))
        }()
    }
}
