import Kernels

/// What the planner has to know of an iteration before it runs.
struct IterationForm {
    let iteration: Iteration
    /// Of the result.
    let kind: Kind
    /// Of the operator, 0 where the task applies none; and vectors of one application.
    let rows, columns, width: Int
    let storage: Storage
    /// Of a matrix that is there, the first argument.
    private let order: Int

    init(_ iteration: Iteration, _ kind: Kind, _ operators: OperatorGraph, _ precision: Precision) {
        (self.iteration, self.kind, storage) = (iteration, kind, precision.storage)
        let map = iteration.maps.first
        rows = map.map { operators.kind($0.body).shape[0] } ?? 0
        columns = map.map { operators.kind($0.hole).shape[0] } ?? 0
        width = map.map { operators.kind($0.hole).columns ?? 1 } ?? 0
        order = iteration.arguments.first.flatMap { operators.kind($0).shape.first } ?? 0
    }

    // MARK: Applications

    private static let usualIterations = 20

    /// Applications of each map that are expected: for exact methods and fixed samples the number itself, for what runs until it is good enough an
    /// estimate.
    var expectedRuns: [Int] {
        switch iteration.task {
        case .solve(let options):
            let iterations = min(options.mostIterations, columns, IterationForm.usualIterations)
            // One product more checks the true residual.
            return [iterations + 1] + (iteration.maps.count > 1 ? [iterations] : [])
        case .nearestKronecker: return [NearestKroneckerSearch.usualSteps, NearestKroneckerSearch.usualSteps]
        case .dense: return []
        case .eigenpairs(let options):
            return [isDense(options) ? units + blocks(options.count) : lanczosRuns(options)]
        case .function(let function):
            switch function {
            case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options):
                return expectedRuns(options)
            case .singularValues(let options):
                if isDense(options) { return [units, 0] }
                return [lanczosRuns(options), lanczosRuns(options)]
            case .spectralDensity(let options): return [blocks(options.samples) * min(options.depth, columns)]
            case .materialize: return [units]
            case .eigenvalues, .eigenvectors: preconditionFailure("eigenpairs are one iteration")
            }
        }
    }

    private func expectedRuns(_ options: EstimatorOptions) -> [Int] {
        let samples = min(options.budget.maximum, options.samples ?? EstimatorOptions.defaultSamples)
        switch options.method {
        case .exact, .auto: return [units]
        case .hutchinson: return [blocks(samples)]
        case .lanczosQuadrature:
            return [blocks(samples) * min(options.depth ?? EstimatorOptions.defaultDepth, columns)]
        case .hutchPlusPlus:
            let sketch = min(samples / 3, columns)
            return [2 * blocks(sketch) + blocks(max(samples - 2 * sketch, 1))]
        case .xTrace, .xDiag:
            let sketch = blocks(min(samples / 2, columns))
            return iteration.maps.count > 1 ? [sketch, sketch] : [2 * sketch]
        }
    }

    /// Applications that `count` vectors take, and all unit vectors.
    func blocks(_ count: Int) -> Int { (count + width - 1) / width }
    private var units: Int { blocks(columns) }

    func isDense(_ options: SpectrumOptions) -> Bool {
        if case .function(.singularValues) = iteration.task {
            return SingularValues.prefersDense(rows: rows, columns: columns, options)
        }
        return ThickRestartLanczos.prefersDense(size: columns, width: width, options: options.lanczos)
    }

    /// Two fillings of the basis, and the residuals.
    private func lanczosRuns(_ options: SpectrumOptions) -> Int {
        let basis = options.lanczos.basisSize(width: width)
        return blocks(basis) + blocks(basis / 2) + blocks(options.count)
    }

    // MARK: Memory

    /// What the task itself allocates.
    var workspaceBytes: Int {
        switch iteration.task {
        case .solve(let options): return workspaceBytes(options)
        case .nearestKronecker:
            return NearestKroneckerSearch.workspaceBytes(rows: rows, columns: columns, storage: storage)
        case .dense(.factorize): return 0
        case .dense(.logdet): return DenseLogdet.workspaceBytes(size: order)
        case .dense(.solve): return DenseSolution.workspaceBytes(size: kind.shape[0], width: kind.columns ?? 1)
        case .eigenpairs(let options):
            return Eigenvalues.workspaceBytes(size: columns, width: width, storage: storage, options: options.lanczos)
        case .function(let function):
            switch function {
            case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options):
                return workspaceBytes(options, isDiagonal: function.name == "diagonal")
            case .singularValues(let options):
                return SingularValues.workspaceBytes(
                    rows: rows, columns: columns, width: width, storage: storage, count: options.count)
            case .spectralDensity(let options):
                return SpectralDensityEstimator.workspaceBytes(
                    size: columns, width: width, storage: storage, depth: options.depth)
            case .materialize:
                return UnitVectors.workspaceBytes(rows: rows, columns: columns, width: width, storage: storage)
            case .eigenvalues, .eigenvectors: preconditionFailure("eigenpairs are one iteration")
            }
        }
    }

    private func workspaceBytes(_ options: SolveOptions) -> Int {
        let isPreconditioned = iteration.maps.count > 1
        switch options.solver {
        case .direct: preconditionFailure("a direct solution applies no operator")
        case .auto, .cg:
            return ConjugateGradients.workspaceBytes(
                size: columns, width: width, storage: storage, preconditioned: isPreconditioned)
        case .minres:
            return MinimumResidual.workspaceBytes(
                size: columns, width: width, storage: storage, preconditioned: isPreconditioned)
        case .lsmr:
            return LeastSquaresMinimumResidual.workspaceBytes(
                rows: columns, columns: columns, width: width, storage: storage)
        case .neumann: return NeumannSeries.workspaceBytes(size: columns, width: width, storage: storage)
        }
    }

    private func workspaceBytes(_ options: EstimatorOptions, isDiagonal: Bool) -> Int {
        switch options.method {
        case .exact, .auto:
            return UnitVectors.workspaceBytes(rows: rows, columns: columns, width: width, storage: storage)
        case .hutchinson:
            return isDiagonal
                ? HutchinsonDiagonal.workspaceBytes(size: columns, width: width, storage: storage)
                : Hutchinson.workspaceBytes(rows: rows, columns: columns, width: width, storage: storage)
        case .hutchPlusPlus:
            return HutchPlusPlus.workspaceBytes(size: columns, width: width, storage: storage, budget: options.budget)
        case .xTrace:
            return XTrace.workspaceBytes(size: columns, width: width, storage: storage, budget: options.budget)
        case .xDiag:
            return XDiag.workspaceBytes(size: columns, width: width, storage: storage, budget: options.budget)
        case .lanczosQuadrature:
            return StochasticLanczosQuadrature.workspaceBytes(
                size: columns, width: width, storage: storage, depth: options.depth ?? EstimatorOptions.defaultDepth)
        }
    }
}

extension Iteration {
    /// The kind of what is known of the result's error, beside it: standard errors of what is sampled, residual norms of eigenvalues; nil for
    /// what is exact or says how good it is by itself.
    func errorKind(_ kind: Kind) -> Kind? {
        switch task {
        case .solve, .dense, .nearestKronecker: return nil
        case .eigenpairs(let options): return .vector(options.count)
        case .function(let function):
            if let options = function.estimator { return options.method == .exact ? nil : kind }
            switch function {
            case .singularValues: return kind
            case .spectralDensity(let options): return .vector(options.points)
            default: return nil
            }
        }
    }
}
