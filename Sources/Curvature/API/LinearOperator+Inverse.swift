/// How a linear system is solved where its operator has no closed form.
public enum LinearSolver: String, Sendable, CaseIterable {
    /// Chosen from what is known of the operator; explain says which and why.
    case automatic = "auto"
    /// By factors of a matrix, found once for all right-hand sides: of the kernel matrix of outputs for `s * ggn + d * .identity` with numbers above 0 and
    /// fewer outputs in all than parameters (so for the Fishers), else of the operator's own, by products with all unit vectors: up to a few
    /// thousand rows.
    case direct
    /// Conjugate gradients (Hestenes and Stiefel 1952), for positive definite operators; negative curvature is detected.
    case conjugateGradients = "cg"
    /// MINRES (Paige and Saunders 1975), for symmetric operators, indefinite ones too.
    case minimumResiduals = "minres"
    /// LSMR (Fong and Saunders 2011), for any square operator; applies the transpose as well.
    case leastSquares = "lsmr"
    /// A truncated Neumann series, for operators whose scaled eigenvalues lie between 0 and 2.
    case neumannSeries = "neumann"
}

extension LinearOperator {
    /// A power, such as a square root (0.5) or its inverse (-0.5), of Kronecker-factored curvature and of what has its eigenvectors:
    /// `(problem.ekfac() + 0.01 * .identity).power(-0.5)`. Eigenvalues that rounding makes negative count as 0.
    ///
    /// - Parameter exponent: Not 0.
    public func power(_ exponent: Double) -> LinearOperator {
        LinearOperator(
            lazy: LazyExpression("'power'", [lazy]) { operands throws(KindError) in
                try .power(operands[0], exponent)
            })
    }

    /// The inverse, applied by a solver when a plan runs.
    ///
    ///     let x = (problem.ggn + 0.01 * .identity).inverse(tolerance: 1e-6) * problem.gradient
    ///
    /// Each iteration applies the operator once. Primal values are kept from one application to the next as far as the memory allows, so that
    /// it costs tangent and backward sweeps alone.
    ///
    /// - Parameters:
    ///   - solver: Chosen by what is known of the operator unless said; explain tells why.
    ///   - tolerance: The relative residual, |b - A x| / |b|, above 0 and below 1.
    ///   - maxIterations: As many as the operator has rows, but at most 1000, without it.
    ///   - preconditioner: A symmetric operator near the inverse, with conjugate gradients or MINRES.
    ///   - scale: Of a Neumann series.
    public func inverse(
        solver: LinearSolver = .automatic, tolerance: Double = 1e-5, maxIterations: Int? = nil,
        preconditioner: LinearOperator? = nil, scale: Double? = nil
    ) -> LinearOperator {
        let options = InverseOptions(
            solver: InverseOptions.Solver(rawValue: solver.rawValue)!, tolerance: tolerance,
            maxIterations: maxIterations, scale: scale)
        let operands = [lazy] + [preconditioner?.lazy].compactMap(\.self)
        return LinearOperator(
            lazy: LazyExpression("'inverse'", operands, sizing: LazyExpression.sizedAsSum) {
                operands throws(KindError) in
                guard tolerance > 0, tolerance < 1 else {
                    throw KindError("'tolerance'", needs: "a number above 0 and below 1", found: "\(tolerance)")
                }
                guard maxIterations ?? 1 >= 1 else {
                    throw KindError("'maxIterations'", needs: "a whole number from 1", found: "\(maxIterations!)")
                }
                return try .inverse(operands[0], options, preconditioner: operands.count > 1 ? operands[1] : nil)
            })
    }
}
