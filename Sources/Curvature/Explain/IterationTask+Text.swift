extension Iteration.Task {
    /// For people: what an iteration does.
    var text: String {
        switch self {
        case .solve(let options):
            return
                "\(options.solverText), relative residual \(NumberText.text(of: options.tolerance)), at most \(options.mostIterations) iterations"
        case .nearestKronecker(let blocks):
            let layers = blocks.count == 1 ? "one layer" : "\(blocks.count) layers"
            return "the top singular vectors of the rearranged blocks of \(layers), by Lanczos bidiagonalization"
        case .dense(.factorize):
            return "Cholesky factors; L U with exchanged rows if the matrix is not positive definite"
        case .dense(.logdet): return "eigenvalues by LAPACK, the sum of their logarithms"
        case .dense(.solve(let tolerance)):
            return "triangular solves, relative residual \(NumberText.text(of: tolerance))"
        case .eigenpairs(let options): return options.taskText + " by thick-restart block Lanczos, or LAPACK if small"
        case .function(let function):
            switch function {
            case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options):
                return "\(function.name) \(options.taskText)"
            case .singularValues(let options):
                return options.taskText + " by Lanczos on the smaller Gram matrix, or LAPACK if small"
            case .spectralDensity(let options):
                return
                    "stochastic Lanczos quadrature, \(options.samples) random vectors, \(options.depth) products each"
            case .materialize: return "products with all unit vectors"
            case .eigenvalues, .eigenvectors: preconditionFailure("eigenpairs are one iteration")
            }
        }
    }
}

extension EstimatorOptions {
    fileprivate var taskText: String {
        let extent =
            tolerance.map { "until the relative standard error is \(NumberText.text(of: $0))" }
            ?? "\(budget.maximum) samples"
        return switch method {
        case .auto, .exact: "exactly, by products with all unit vectors"
        case .hutchinson: "by random vectors (Hutchinson), \(extent)"
        case .hutchPlusPlus: "by Hutch++, \(extent)"
        case .xTrace: "by XTrace, \(extent)"
        case .xDiag: "by XDiag, \(extent)"
        case .lanczosQuadrature:
            "by stochastic Lanczos quadrature, \(extent), \(depth ?? EstimatorOptions.defaultDepth) products each"
        }
    }
}

extension SpectrumOptions {
    fileprivate var taskText: String {
        let what = end == .largestMagnitude ? "largest in magnitude" : end.name
        return "the \(count) \(what), relative residual \(NumberText.text(of: tolerance))"
    }
}
