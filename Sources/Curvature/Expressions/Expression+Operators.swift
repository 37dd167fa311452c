/// Operators from vectors, blocks and other operators; their application; scalars from vectors.
extension Expression {
    package static func diagonal(_ vector: Expression) throws(KindError) -> Expression {
        guard case .vector(let size) = vector.kind else {
            throw KindError("'diag'", operand: 0, needs: "a vector", found: "\(vector.kind)")
        }
        return try make(.diagonal(vector), .operator(rows: size, columns: size))
    }

    package static func dense(_ block: Expression) throws(KindError) -> Expression {
        guard case .block(let rows, let columns) = block.kind else {
            throw KindError("'dense'", operand: 0, needs: "a block", found: "\(block.kind)")
        }
        return try make(.dense(block), .operator(rows: rows, columns: columns))
    }

    package static func transpose(_ map: Expression) throws(KindError) -> Expression {
        guard case .operator(let rows, let columns) = map.kind else {
            throw KindError(
                "'transpose'", operand: 0, needs: "an operator", found: "\(map.kind)", hint: denseHint(map.kind))
        }
        return try make(.transpose(map), .operator(rows: columns, columns: rows))
    }

    /// The inverse of Kronecker-factored blocks, each factor damped by itself.
    ///
    /// - Parameter style: If it was asked for; an operator without factors to damp has none.
    package static func dampedInverse(
        _ map: Expression, damping: Double, style: DampingStyle? = nil
    ) throws(KindError) -> Expression {
        guard case .kfac(let options) = map.node else {
            throw KindError(
                "'damping'", operand: 0, needs: "Kronecker-factored blocks, as kfac gives them", found: "\(map.kind)",
                hint: "a damped inverse of any operator is inverse(A + d * identity)")
        }
        if options.form == .ekfac, style != nil {
            throw KindError(
                "'damping_style'", needs: "kfac or kfoc, which have factors to damp", found: "ekfac",
                hint: "inverse(ekfac, damping=d) is the exact inverse of ekfac + d * identity")
        }
        return try make(.dampedInverse(options, damping: damping, isHeuristic: style == .heuristic), map.kind)
    }

    /// A power, such as a square root (0.5) or its inverse (-0.5), of what has known eigenvectors: Kronecker-factored curvature, Kronecker products and
    /// block-diagonal operators of known matrices, diagonals; multiples of these plus one of the identity.
    package static func power(_ map: Expression, _ exponent: Double) throws(KindError) -> Expression {
        guard map.hasPowers else {
            throw KindError(
                "'power'", operand: 0,
                needs:
                    "Kronecker-factored curvature, a Kronecker product or block-diagonal operator of matrices, a diagonal, or a multiple of one plus one of identity",
                found: "\(map.kind)")
        }
        guard exponent != 0, exponent.isFinite else {
            throw KindError("'power'", needs: "an exponent that is not 0", found: NumberText.text(of: exponent))
        }
        return try make(.power(map, exponent), map.kind)
    }

    /// - Parameter preconditioner: An operator near the inverse.
    package static func inverse(
        _ map: Expression, _ options: InverseOptions = InverseOptions(), preconditioner: Expression? = nil
    ) throws(KindError) -> Expression {
        guard case .operator(let rows, let columns) = map.kind else {
            throw KindError(
                "'inverse'", operand: 0, needs: "an operator", found: "\(map.kind)", hint: denseHint(map.kind))
        }
        guard rows == columns else {
            throw KindError("'inverse'", operand: 0, needs: "a square operator", found: "\(map.kind)")
        }
        if map.properties.isSymmetric == false, options.solver != .lsmr {
            throw KindError(
                "'inverse'", operand: 0, needs: "a symmetric operator", found: "one that is not its own transpose",
                hint:
                    "the inverse of a product is the product of the inverses in the other order; solver=lsmr takes any square operator"
            )
        }
        if preconditioner != nil, options.solver == .lsmr || options.solver == .neumann {
            throw KindError(
                "'inverse'", needs: "solver=cg or solver=minres beside 'preconditioner'",
                found: "solver=\(options.solver.rawValue)")
        }
        if options.scale != nil, options.solver != .neumann {
            throw KindError(
                "'inverse'", needs: "solver=neumann beside 'scale'", found: "solver=\(options.solver.rawValue)")
        }
        if let preconditioner {
            guard preconditioner.kind == map.kind else {
                throw KindError(
                    "'preconditioner'", operand: 1, needs: "\(map.kind)", found: "\(preconditioner.kind)")
            }
            if preconditioner.properties.isSymmetric == false {
                throw KindError(
                    "'preconditioner'", operand: 1, needs: "a symmetric operator",
                    found: "one that is not its own transpose")
            }
        }
        return try make(.inverse(map, options, preconditioner: preconditioner), map.kind)
    }

    /// `left @ right`: the composition of two operators, or an operator applied to a vector or block.
    package static func applied(_ left: Expression, _ right: Expression) throws(KindError) -> Expression {
        guard case .operator(let rows, let columns) = left.kind else {
            let areVectors = if case (.vector, .vector) = (left.kind, right.kind) { true } else { false }
            throw KindError(
                "'@'", needs: "an operator on its left", found: "\(left.kind)",
                hint: areVectors ? "the inner product is dot(u, v)" : denseHint(left.kind))
        }
        switch right.kind {
        case .operator(columns, let inner):
            return try make(.composition(left, right), .operator(rows: rows, columns: inner))
        case .vector(columns): return try make(.application(left, to: right), .vector(rows))
        case .block(columns, let count): return try make(.application(left, to: right), .block(rows, count))
        case .operator: throw mismatch("an operator with \(columns) rows")
        case .vector, .block: throw mismatch("a vector of \(columns) entries or a block with \(columns) rows")
        case .scalar:
            throw mismatch(
                "an operator, vector or block with \(columns) rows",
                hint: "'*', '/' and '@' are taken from left to right")
        case .tensor: throw mismatch("an operator, vector or block with \(columns) rows")
        }

        func mismatch(_ expected: String, hint: String? = nil) -> KindError {
            KindError("'@'", operand: 1, needs: expected, found: "\(right.kind)", hint: hint)
        }
    }

    private static func denseHint(_ kind: Kind) -> String? {
        if case .block = kind { "dense(M) is a block as an operator" } else { nil }
    }

    package static func norm(_ operand: Expression) throws(KindError) -> Expression {
        switch operand.kind {
        case .vector, .block: return try make(.norm(operand), .scalar)
        default: throw KindError("'norm'", operand: 0, needs: "a vector or a block", found: "\(operand.kind)")
        }
    }

    package static func dot(_ left: Expression, _ right: Expression) throws(KindError) -> Expression {
        guard case .vector = left.kind else {
            throw KindError("'dot'", operand: 0, needs: "a vector", found: "\(left.kind)")
        }
        guard left.kind == right.kind else {
            throw KindError("'dot'", operand: 1, needs: "\(left.kind)", found: "\(right.kind)")
        }
        return try make(.dot(left, right), .scalar)
    }
}
