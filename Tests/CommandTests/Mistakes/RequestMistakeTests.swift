import Testing

/// Requests that cannot be: options of functions, operands that do not fit, systems that have no solution.
///
/// The language's own suite has names, kinds and syntax; of those, one or two are here for the way that they take through the
/// command.
@Suite struct RequestMistakeTests {
    static let language: [Mistake] = [
        .eval(
            "hesian @ v",
            says:
                "request 'hesian @ v', column 1: expected a leaf, a function, an earlier request or a tensor, found the unknown name 'hesian'; did you mean 'hessian'?"
        ),
        .eval(
            "hessian @ (v + u",
            says:
                "request 'hessian @ (v + u', column 17: expected an operator or ')' for the '(' in column 11, found the end"
        ),
        .eval(
            "hessian @ z",
            says:
                "request 'hessian @ z', column 11: '@' needs a vector of 8 entries or a block with 8 rows here, found a vector (7)"
        ),
        .eval(
            "hessian",
            says: "request 'hessian' is an operator (8 x 8); apply it to a vector with @ to get values"),
        .eval(
            "solve(hessian, v)",
            says: "request 'solve(hessian, v)', column 1: expected a function, found the unknown name 'solve'"),
        .eval("", says: "request 1, column 1: expected an operand, found the end"),
    ]
    @Test(arguments: language) func whatIsNotUnderstood(mistake: Mistake) throws { try mistake.check() }

    private static func inverse(_ options: String, says line: String, of operand: String = "ggn + identity") -> Mistake
    {
        let request = "inverse(\(operand), \(options)) @ v"
        return .eval(request, says: "request '\(request)', column " + line)
    }
    static let inverses: [Mistake] = [
        inverse("tolerance=0", says: "35: 'tolerance' needs a number above 0 and below 1, found 0"),
        inverse("tolerance=-1e-6", says: "35: 'tolerance' needs a number above 0 and below 1, found -1e-6"),
        inverse("max_iterations=0", says: "40: 'max_iterations' needs a whole number from 1, found 0"),
        inverse(
            "maxiter=5",
            says:
                "25: 'inverse' has no argument 'maxiter'; it takes 'solver', 'tolerance', 'max_iterations', 'preconditioner', 'scale', 'damping' and 'damping_style'"
        ),
        inverse(
            "solver=gmres", says: "32: 'solver' needs auto, direct, cg, minres, lsmr or neumann, found 'gmres'"),
        inverse(
            "preconditioner=diag(z)",
            says: "40: 'preconditioner' needs an operator (8 x 8) here, found an operator (7 x 7)"),
        inverse(
            "preconditioner=v",
            says: "40: 'preconditioner' needs an operator (8 x 8) here, found a vector (8)"),
        inverse(
            "preconditioner=jacobian",
            says: "40: 'preconditioner' needs a symmetric operator here, found one that is not its own transpose"),
        inverse("damping=-1", says: "23: 'damping' needs a number above 0, found -1", of: "kfac"),
        inverse(
            "damping=0.1",
            says:
                "9: 'damping' needs Kronecker-factored blocks, as kfac gives them here, found an operator (8 x 8); a damped inverse of any operator is inverse(A + d * identity)",
            of: "ggn"),
        .eval(
            "inverse(jacobian) @ v",
            says:
                "request 'inverse(jacobian) @ v', column 9: 'inverse' needs a symmetric operator here, found one that is not its own transpose; the inverse of a product is the product of the inverses in the other order; solver=lsmr takes any square operator"
        ),
    ]
    @Test(arguments: inverses) func optionsOfInverses(mistake: Mistake) throws { try mistake.check() }

    private static func of(_ request: String, _ line: String) -> Mistake {
        .eval(request, says: "request '\(request)', column " + line)
    }
    static let counts: [Mistake] = [
        of("trace(hessian, samples=-3)", "24: 'samples' needs a whole number from 1, found -3"),
        of(
            "trace(hessian, method=hutchinson, tolerance=0)",
            "45: 'tolerance' needs a number above 0 and below 1, found 0"),
        of(
            "trace(hessian, method=exact, samples=4)",
            "1: 'trace' needs a method that samples beside 'samples', found method=exact"),
        of("kfac(fisher=mc, samples=0) @ v", "25: 'samples' needs a whole number from 1, found 0"),
        of("diagonal(hessian, method=xdiag, samples=1)", "1: 'samples' needs a whole number from 4, found 1"),
        of("eigenvalues(hessian, count=0)", "28: 'count' needs a whole number from 1, found 0"),
        of(
            "singular_values(jacobian, count=100)",
            "1: 'count' needs a whole number from 1 to 8, the operator's size, found 100"),
        of(
            "eigenvalues(hessian, count=2, which=biggest)",
            "37: 'which' needs largest_magnitude, largest or smallest, found 'biggest'"),
        of("spectral_density(hessian, points=1)", "34: 'points' needs a whole number from 2, found 1"),
        of("spectral_density(hessian, width=-1)", "33: 'width' needs a number above 0, found -1"),
        of(
            "logdet(jacobian)",
            "8: 'logdet' needs a symmetric operator here, found one that is not its own transpose"),
        of(
            "eigenvalues(jacobian, count=2)",
            "13: 'eigenvalues' needs a symmetric operator here, found one that is not its own transpose; of products, the eigenvalues of inverse(K + d * identity) @ A with a Kronecker-factored K are known to be real"
        ),
        of("trace(v)", "7: 'trace' needs an operator here, found a vector (8)"),
        of("materialize(v)", "13: 'materialize' needs an operator here, found a vector (8)"),
        of(
            "submatrix(hessian, \"fc.wieght\", \"fc.bias\") @ v",
            "20: a selection needs the name of a selected parameter, a glob, or a range as \"0:8\", found 'fc.wieght'; did you mean 'fc.weight'?"
        ),
    ]
    @Test(arguments: counts) func optionsOfOtherFunctions(mistake: Mistake) throws { try mistake.check() }

    /// What only the values tell.
    static let values: [Mistake] = [
        .eval(
            "logdet(hessian - 5 * identity)", "--precision", "float64",
            says:
                "logdet: expected a positive definite operator, found one with the eigenvalue -5; add a multiple of identity"
        ),
        .eval(
            "inverse(kfac) @ v",
            says:
                "request 'inverse(kfac) @ v' gives a value that is not finite: the output factor of 'fc.weight' in kfac is singular, which 'damping' or a multiple of 'identity' mends"
        ),
    ]
    static let work: [Mistake] = [
        .eval(
            "inverse(hessian - 5 * identity) @ v", "--strict",
            says:
                "--strict: 'inverse(hessian - 5 * identity) @ v': stopped: the operator has negative curvature after 1 iteration, relative residual 1; solver=minres solves indefinite systems, and a larger multiple of identity makes this one definite; solver=direct needs no iterations, but 832 B for the matrix of 8 x 8",
            status: 1),
        .eval(
            "inverse(low_rank(V), solver=direct) @ v",
            says:
                "inverse(solver=direct): the matrix of order 8 is singular: pivot 1 is zero; a multiple of identity added to the operator makes it regular"
        ),
        .eval(
            "1e39 * v",
            says:
                "request '1e39 * v' gives a value that is not finite: it overflows in float32; --precision float64 has a wider range"
        ),
    ]
    @Test(arguments: work) func whatTheWorkShows(mistake: Mistake) throws { try mistake.check() }

    @Test(arguments: values) func operatorsWithoutAnInverse(mistake: Mistake) throws { try mistake.check() }
}
