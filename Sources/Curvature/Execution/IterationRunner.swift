import Kernels

/// What an iteration does with its operators, bound to memory: made once with its workspace, and run again and again.
protocol IterationRunner: AnyObject {
    func run(_ monitor: IterationMonitor) throws -> IterationOutcome
}

/// Where an iteration reads and writes.
struct IterationMemory {
    /// The operator, and a preconditioner or its transpose.
    var maps: [any LinearMap]
    /// As blocks.
    var arguments: [Operand]
    /// As a block; a scalar is (1, 1).
    var result: Operand
    /// Standard errors or residual norms beside the result, as a block; nil where nobody asks.
    var errors: Operand?
}

extension Iteration.Task {
    func runner(_ memory: IterationMemory) throws -> any IterationRunner {
        switch self {
        case .solve(let options): return try SolveRunner(options, memory)
        case .dense(let task): return DenseRunner(task, memory)
        case .eigenpairs(let options): return try EigenpairsRunner(options, memory)
        case .function(let function):
            switch function {
            case .trace(let options): return try TraceRunner(options, memory)
            case .frobeniusNorm(let options): return try NormRunner(options, memory)
            case .logdet(let options): return try LogdetRunner(options, memory)
            case .diagonal(let options): return try DiagonalRunner(options, memory)
            case .singularValues(let options): return try SingularValuesRunner(options, memory)
            case .spectralDensity(let options): return try DensityRunner(options, memory)
            case .materialize: return MaterializeRunner(memory)
            case .eigenvalues, .eigenvectors: preconditionFailure("eigenpairs are one iteration")
            }
        }
    }
}

// MARK: Systems

private final class SolveRunner: IterationRunner {
    private let memory: IterationMemory
    private let solver: any SystemSolver

    init(_ options: SolveOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        solver = try options.solver(memory.maps)
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        .solve(
            try solver.run(rightHandSides: memory.arguments[0], solutions: memory.result, monitor: monitor))
    }
}

private final class DenseRunner: IterationRunner {
    private let task: Iteration.DenseTask
    private let memory: IterationMemory
    private let solution: DenseSolution?

    init(_ task: Iteration.DenseTask, _ memory: IterationMemory) {
        (self.task, self.memory) = (task, memory)
        if case .solve(let tolerance) = task {
            solution = DenseSolution(
                matrix: memory.arguments[0], factors: DenseFactors(in: memory.arguments[1]),
                width: memory.result.sizes[1], tolerance: tolerance)
        } else {
            solution = nil
        }
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        switch task {
        case .factorize: try DenseFactors(in: memory.result).factorize(memory.arguments[0])
        case .logdet: memory.result.fill([try DenseLogdet.run(memory.arguments[0])])
        case .solve:
            return .solve(try solution!.run(rightHandSides: memory.arguments[2], solutions: memory.result))
        }
        return .exact(applications: 0)
    }
}

// MARK: Estimates

private final class TraceRunner: IterationRunner {
    private let memory: IterationMemory
    private let estimate: (IterationMonitor) throws -> Estimate

    init(_ options: EstimatorOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        let (map, budget, seed) = (memory.maps[0], options.budget, options.seed)
        switch options.method {
        case .hutchinson:
            let hutchinson = try Hutchinson(
                map, .trace, budget: budget, distribution: options.distribution ?? .rademacher, seed: seed)
            estimate = hutchinson.run
        case .hutchPlusPlus:
            let plus = try HutchPlusPlus(
                map, budget: budget, distribution: options.distribution ?? .rademacher, seed: seed)
            estimate = plus.run
        case .xTrace:
            let xTrace = try XTrace(map, budget: budget, distribution: options.distribution ?? .gaussian, seed: seed)
            estimate = xTrace.run
        default:
            let units = UnitVectors(map)
            estimate = units.trace
        }
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        memory.record(try estimate(monitor))
    }
}

private final class NormRunner: IterationRunner {
    private let memory: IterationMemory
    private let estimate: (IterationMonitor) throws -> Estimate

    init(_ options: EstimatorOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        if options.method == .hutchinson {
            let hutchinson = try Hutchinson(
                memory.maps[0], .squaredFrobeniusNorm, budget: options.budget,
                distribution: options.distribution ?? .rademacher, seed: options.seed)
            estimate = hutchinson.run
        } else {
            let units = UnitVectors(memory.maps[0])
            estimate = units.squaredFrobeniusNorm
        }
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        var estimate = try estimate(monitor)
        // Of the root, to first order.
        estimate.value = estimate.value.squareRoot()
        if estimate.standardError > 0 { estimate.standardError /= 2 * estimate.value }
        return memory.record(estimate)
    }
}

private final class LogdetRunner: IterationRunner {
    private let memory: IterationMemory
    private let quadrature: StochasticLanczosQuadrature

    init(_ options: EstimatorOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        quadrature = try StochasticLanczosQuadrature(
            memory.maps[0], budget: options.budget, depth: options.depth ?? EstimatorOptions.defaultDepth,
            distribution: options.distribution ?? .rademacher, seed: options.seed)
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        memory.record(try quadrature.logarithmOfDeterminant(monitor: monitor))
    }
}

private final class DiagonalRunner: IterationRunner {
    private let memory: IterationMemory
    private let diagonal: (Operand, Operand, IterationMonitor) throws -> DiagonalEstimate?
    /// Where nobody asks for errors they are written all the same.
    private let spare: Workspace
    private let errors: Operand

    init(_ options: EstimatorOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        var layout = WorkspaceLayout()
        let block = layout.block(.float64, options.method == .exact ? 0 : memory.result.sizes[0], 1)
        spare = Workspace(layout)
        errors = memory.errors ?? spare[block]
        switch options.method {
        case .hutchinson:
            let hutchinson = try HutchinsonDiagonal(memory.maps[0], budget: options.budget, seed: options.seed)
            diagonal = { try hutchinson.run(into: $0, standardErrors: $1, monitor: $2) }
        case .xDiag:
            let xDiag = try XDiag(
                memory.maps[0], transpose: memory.maps.count > 1 ? memory.maps[1] : nil, budget: options.budget,
                seed: options.seed)
            diagonal = { try xDiag.run(into: $0, standardErrors: $1, monitor: $2) }
        default:
            let units = UnitVectors(memory.maps[0])
            diagonal = { result, _, monitor in
                try units.diagonal(into: result, monitor: monitor)
                return nil
            }
        }
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        guard let estimate = try diagonal(memory.result, errors, monitor) else {
            return .exact(applications: memory.maps[0].unitApplications)
        }
        return .diagonal(estimate)
    }
}

private final class MaterializeRunner: IterationRunner {
    private let memory: IterationMemory
    private let units: UnitVectors

    init(_ memory: IterationMemory) {
        self.memory = memory
        units = UnitVectors(memory.maps[0])
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        try units.materialize(into: memory.result, monitor: monitor)
        return .exact(applications: memory.maps[0].unitApplications)
    }
}

// MARK: Spectra

private final class EigenpairsRunner: IterationRunner {
    private let memory: IterationMemory
    private let eigenvalues: Eigenvalues

    init(_ options: SpectrumOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        eigenvalues = try Eigenvalues(memory.maps[0], options: options.lanczos)
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        let size = memory.maps[0].rows
        let pairs = try eigenvalues.run(vectors: memory.result.rows(1..<size + 1), monitor: monitor)
        memory.result.rows(0..<1).fill(pairs.values)
        memory.errors?.fill(pairs.residuals)
        return .eigenpairs(pairs)
    }
}

private final class SingularValuesRunner: IterationRunner {
    private let memory: IterationMemory
    private let singularValues: SingularValues

    init(_ options: SpectrumOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        singularValues = try SingularValues(
            memory.maps[0], transpose: memory.maps[1], count: options.count, tolerance: options.tolerance,
            maximumRestarts: options.maxRestarts, seed: options.seed)
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        let pairs = try singularValues.run(monitor: monitor)
        memory.result.fill(pairs.values)
        memory.errors?.fill(pairs.residuals)
        return .eigenpairs(pairs)
    }
}

private final class DensityRunner: IterationRunner {
    private let memory: IterationMemory
    private let estimator: SpectralDensityEstimator

    init(_ options: DensityOptions, _ memory: IterationMemory) throws {
        self.memory = memory
        estimator = try SpectralDensityEstimator(memory.maps[0], options: options.estimator)
    }

    func run(_ monitor: IterationMonitor) throws -> IterationOutcome {
        let density = try estimator.run(monitor: monitor)
        memory.result.fill(zip(density.grid, density.density).flatMap { [$0, $1] })
        memory.errors?.fill(density.standardError)
        return .density(applications: density.applications)
    }
}

extension IterationMemory {
    fileprivate func record(_ estimate: Estimate) -> IterationOutcome {
        result.fill([estimate.value])
        errors?.fill([estimate.standardError])
        return .estimate(estimate)
    }
}

extension LinearMap {
    /// Products with all unit vectors.
    var unitApplications: Int { (columns + width - 1) / width }
}

extension EstimatorOptions {
    fileprivate var distribution: ProbeBlock.Distribution? {
        switch probes {
        case .rademacher: .rademacher
        case .gaussian: .gaussian
        case nil: nil
        }
    }
}

extension DensityOptions {
    fileprivate var estimator: SpectralDensityEstimator.Options {
        .init(samples: samples, depth: depth, points: points, width: width, seed: seed)
    }
}
