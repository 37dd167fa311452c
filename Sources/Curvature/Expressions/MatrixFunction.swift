/// What can be asked of an operator as a whole.
package enum MatrixFunction: Hashable, Sendable {
    /// The sum of the diagonal: a scalar.
    case trace(EstimatorOptions)
    /// The root of the sum of squares of all entries: a scalar.
    case frobeniusNorm(EstimatorOptions)
    /// The logarithm of the determinant of a positive definite operator: a scalar.
    case logdet(EstimatorOptions)
    /// (n).
    case diagonal(EstimatorOptions)
    /// (count), of a symmetric operator.
    case eigenvalues(SpectrumOptions)
    /// (n, count), orthonormal, one in each column.
    case eigenvectors(SpectrumOptions)
    /// (count), descending.
    case singularValues(SpectrumOptions)
    /// (points, 2): where, and the smoothed density of eigenvalues there, of integral 1.
    case spectralDensity(DensityOptions)
    /// The matrix itself, (m, n).
    case materialize

    /// As the language has it.
    package var name: String {
        switch self {
        case .trace: "trace"
        case .frobeniusNorm: "frobenius_norm"
        case .logdet: "logdet"
        case .diagonal: "diagonal"
        case .eigenvalues: "eigenvalues"
        case .eigenvectors: "eigenvectors"
        case .singularValues: "singular_values"
        case .spectralDensity: "spectral_density"
        case .materialize: "materialize"
        }
    }

    package var estimator: EstimatorOptions? {
        switch self {
        case .trace(let options), .frobeniusNorm(let options), .logdet(let options), .diagonal(let options): options
        default: nil
        }
    }

    /// How each can be worked out; the first is the choice where nothing is said.
    package var methods: [EstimatorOptions.Method] {
        switch self {
        case .trace: [.auto, .exact, .hutchinson, .hutchPlusPlus, .xTrace]
        case .frobeniusNorm: [.auto, .exact, .hutchinson]
        case .logdet: [.auto, .exact, .lanczosQuadrature]
        case .diagonal: [.auto, .exact, .hutchinson, .xDiag]
        default: []
        }
    }
}

/// How a number or a diagonal is worked out from products with an operator.
package struct EstimatorOptions: Hashable, Sendable {
    package enum Method: String, Hashable, Sendable, CaseIterable {
        /// Closed forms, then exact where that is cheap, then an estimator; explain says which.
        case auto
        case exact
        case hutchinson
        case hutchPlusPlus = "hutchpp"
        case xTrace = "xtrace"
        case xDiag = "xdiag"
        case lanczosQuadrature = "slq"
    }
    /// Random vectors with independent entries of mean 0 and variance 1.
    package enum Probes: String, Hashable, Sendable, CaseIterable { case rademacher, gaussian }

    package var method: Method
    /// Random vectors, or products with the operator where the method counts those; nil for ``defaultSamples``, or as many as `tolerance` takes.
    package var samples: Int?
    /// The relative standard error at which sampling stops.
    package var tolerance: Double?
    package var seed: UInt64
    /// nil for what the method's paper takes.
    package var probes: Probes?
    /// Products for each random vector of a Lanczos quadrature; nil for ``defaultDepth``.
    package var depth: Int?

    package init(
        method: Method = .auto, samples: Int? = nil, tolerance: Double? = nil, seed: UInt64 = 0, probes: Probes? = nil,
        depth: Int? = nil
    ) {
        (self.method, self.samples, self.tolerance) = (method, samples, tolerance)
        (self.seed, self.probes, self.depth) = (seed, probes, depth)
    }

    package static let defaultSamples = 100
    /// Where a tolerance ends sampling, at most so many; fewer where a part of them makes a sketch, which takes memory.
    package static let mostSamples = 10_000
    package static let mostSketchSamples = 600
    package static let defaultDepth = 30

    package var isExact: Bool { method == .exact || method == .auto }

    var budget: SamplingBudget {
        if let tolerance { return .tolerance(tolerance, maximum: samples ?? most) }
        return .samples(samples ?? EstimatorOptions.defaultSamples)
    }

    private var most: Int {
        switch method {
        case .hutchPlusPlus, .xTrace, .xDiag: EstimatorOptions.mostSketchSamples
        default: EstimatorOptions.mostSamples
        }
    }
}

/// Which eigenvalues or singular values are wanted, and how exactly.
package struct SpectrumOptions: Hashable, Sendable {
    package var count: Int
    package var end: SpectrumEnd
    /// Of residual norms, relative to the eigenvalue.
    package var tolerance: Double
    package var maxRestarts: Int
    package var seed: UInt64
    /// Keeps the Lanczos basis in float64 where products are float32.
    package var hasFloat64Basis: Bool
    /// Whether a matrix may not be symmetric; set where the operator is known.
    var checksSymmetry = false

    package init(
        count: Int = 6, end: SpectrumEnd = .largestMagnitude, tolerance: Double = 1e-5, maxRestarts: Int = 300,
        seed: UInt64 = 0, hasFloat64Basis: Bool = false
    ) {
        (self.count, self.end, self.tolerance, self.maxRestarts) = (count, end, tolerance, maxRestarts)
        (self.seed, self.hasFloat64Basis) = (seed, hasFloat64Basis)
    }

    package static let defaultCount = 6
}

/// How a density of eigenvalues is sampled and smoothed.
package struct DensityOptions: Hashable, Sendable {
    /// Random vectors.
    package var samples: Int
    /// Products for each random vector.
    package var depth: Int
    package var points: Int
    /// The standard deviation that each eigenvalue is smeared with; nil for what the Ritz values tell apart.
    package var width: Double?
    package var seed: UInt64

    package init(samples: Int = 10, depth: Int = 30, points: Int = 1024, width: Double? = nil, seed: UInt64 = 0) {
        (self.samples, self.depth, self.points) = (samples, depth, points)
        (self.width, self.seed) = (width, seed)
    }
}
