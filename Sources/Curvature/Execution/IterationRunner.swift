import Kernels

/// What an iteration does with its operators, bound to memory: made once with its workspace, and run again and again.
typealias IterationRunner = (IterationMonitor) throws -> IterationOutcome

/// Where an iteration reads and writes.
struct IterationMemory {
    /// The operator, and a preconditioner or its transpose.
    var maps: [any LinearMap]
    /// As blocks.
    var arguments: [Operand]
    /// As a block; a scalar is (1, 1).
    var result: Operand
    /// Standard errors or residual norms beside the result, as a block; nil where there are none.
    var errors: Operand?
}

extension Iteration.Task {
    func runner(_ memory: IterationMemory) throws -> IterationRunner {
        switch self {
        case .solve(let options):
            let solver = try options.solver(memory.maps)
            return {
                .solve(try solver.run(rightHandSides: memory.arguments[0], solutions: memory.result, monitor: $0))
            }
        case .nearestKronecker(let blocks):
            let search = NearestKroneckerSearch(memory.maps[0], transpose: memory.maps[1], blocks: blocks)
            return { try search.run(into: memory.result, monitor: $0) }
        case .dense(let task): return task.runner(memory)
        case .eigenpairs(let options):
            let eigenvalues = try Eigenvalues(memory.maps[0], options: options.lanczos)
            let vectors = memory.result.rows(1..<memory.maps[0].rows + 1)
            return { memory.record(try eigenvalues.run(vectors: vectors, monitor: $0), in: memory.result.rows(0..<1)) }
        case .function(let function): return try function.runner(memory)
        }
    }
}

extension Iteration.DenseTask {
    fileprivate func runner(_ memory: IterationMemory) -> IterationRunner {
        switch self {
        case .factorize:
            return { _ in
                try DenseFactors(in: memory.result).factorize(memory.arguments[0])
                return .exact(applications: 0)
            }
        case .logdet(let checksSymmetry):
            return { _ in
                memory.result.fill([try DenseLogdet.run(memory.arguments[0], checksSymmetry: checksSymmetry)])
                return .exact(applications: 0)
            }
        case .solve(let tolerance):
            let solution = DenseSolution(
                matrix: memory.arguments[0], factors: DenseFactors(in: memory.arguments[1]),
                width: memory.result.sizes[1], tolerance: tolerance)
            return { _ in .solve(try solution.run(rightHandSides: memory.arguments[2], solutions: memory.result)) }
        }
    }
}

extension MatrixFunction {
    fileprivate func runner(_ memory: IterationMemory) throws -> IterationRunner {
        let map = memory.maps[0]
        switch self {
        case .trace(let options):
            let estimate = try options.trace(map)
            return { memory.record(try estimate($0)) }
        case .frobeniusNorm(let options):
            let square = try options.squaredFrobeniusNorm(map)
            return { memory.record(try square($0).squareRoot) }
        case .logdet(let options):
            let quadrature = try StochasticLanczosQuadrature(
                map, budget: options.budget, depth: options.depth ?? EstimatorOptions.defaultDepth,
                distribution: options.distribution ?? .rademacher, seed: options.seed)
            return { memory.record(try quadrature.logarithmOfDeterminant(monitor: $0)) }
        case .diagonal(let options): return try options.diagonal(memory)
        case .singularValues(let options):
            let values = try SingularValues(
                map, transpose: memory.maps[1], count: options.count, tolerance: options.tolerance,
                maximumRestarts: options.maxRestarts, seed: options.seed)
            return { memory.record(try values.run(monitor: $0), in: memory.result) }
        case .spectralDensity(let options):
            let estimator = try SpectralDensityEstimator(map, options: options.estimator)
            return { monitor in
                let density = try estimator.run(monitor: monitor)
                memory.result.fill(zip(density.grid, density.density).flatMap { [$0, $1] })
                memory.errors?.fill(density.standardError)
                return .density(applications: density.applications)
            }
        case .materialize:
            let units = UnitVectors(map)
            return { monitor in
                try units.materialize(into: memory.result, monitor: monitor)
                return .exact(applications: map.unitApplications)
            }
        case .eigenvalues, .eigenvectors: preconditionFailure("eigenpairs are one iteration")
        }
    }
}

extension EstimatorOptions {
    fileprivate func trace(_ map: any LinearMap) throws -> (IterationMonitor) throws -> Estimate {
        switch method {
        case .hutchinson:
            return try Hutchinson(
                map, .trace, budget: budget, distribution: distribution ?? .rademacher, seed: seed
            ).run
        case .hutchPlusPlus:
            return try HutchPlusPlus(map, budget: budget, distribution: distribution ?? .rademacher, seed: seed).run
        case .xTrace: return try XTrace(map, budget: budget, distribution: distribution ?? .gaussian, seed: seed).run
        default: return UnitVectors(map).trace
        }
    }

    fileprivate func squaredFrobeniusNorm(_ map: any LinearMap) throws -> (IterationMonitor) throws -> Estimate {
        guard method == .hutchinson else { return UnitVectors(map).squaredFrobeniusNorm }
        return try Hutchinson(
            map, .squaredFrobeniusNorm, budget: budget, distribution: distribution ?? .rademacher, seed: seed
        ).run
    }

    fileprivate func diagonal(_ memory: IterationMemory) throws -> IterationRunner {
        let map = memory.maps[0]
        switch method {
        case .hutchinson:
            let hutchinson = try HutchinsonDiagonal(map, budget: budget, seed: seed)
            return {
                .diagonal(try hutchinson.run(into: memory.result, standardErrors: memory.errors!, monitor: $0))
            }
        case .xDiag:
            let transpose = memory.maps.count > 1 ? memory.maps[1] : nil
            let xDiag = try XDiag(map, transpose: transpose, budget: budget, seed: seed)
            return { .diagonal(try xDiag.run(into: memory.result, standardErrors: memory.errors!, monitor: $0)) }
        default:
            let units = UnitVectors(map)
            return { monitor in
                try units.diagonal(into: memory.result, monitor: monitor)
                return .exact(applications: map.unitApplications)
            }
        }
    }

    fileprivate var distribution: ProbeBlock.Distribution? {
        switch probes {
        case .rademacher: .rademacher
        case .gaussian: .gaussian
        case nil: nil
        }
    }
}

extension IterationMemory {
    fileprivate func record(_ estimate: Estimate) -> IterationOutcome {
        result.fill([estimate.value])
        errors?.fill([estimate.standardError])
        return .estimate(estimate)
    }
    fileprivate func record(_ pairs: Eigenpairs, in values: Operand) -> IterationOutcome {
        values.fill(pairs.values)
        errors?.fill(pairs.residuals)
        return .eigenpairs(pairs)
    }
}

extension Estimate {
    /// Of the root, its error to first order.
    fileprivate var squareRoot: Estimate {
        var root = self
        root.value = value.squareRoot()
        if standardError > 0 { root.standardError = standardError / (2 * root.value) }
        return root
    }
}

extension LinearMap {
    /// Products with all unit vectors.
    fileprivate var unitApplications: Int { (columns + width - 1) / width }
}

extension DensityOptions {
    fileprivate var estimator: SpectralDensityEstimator.Options {
        .init(samples: samples, depth: depth, points: points, width: width, seed: seed)
    }
}
