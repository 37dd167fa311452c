/// How a trace, a norm, a determinant or a diagonal is worked out.
///
/// Sums, scalars and structured operators (identities, diagonals, Kronecker factors, low ranks, blocks) have closed forms, which ``automatic`` and ``exact``
/// take; the methods below are for what is left.
public struct EstimationMethod: Sendable {
    let options: EstimatorOptions

    /// Exact up to 1,024 columns, an estimator beyond; explain says which.
    public static let automatic = EstimationMethod(options: EstimatorOptions())
    /// Products with all unit vectors, in blocks.
    public static let exact = EstimationMethod(options: EstimatorOptions(method: .exact))
    /// Random signs w: the mean of w^T A w (Hutchinson 1989); for diagonals of w * (A w) (Bekas et al. 2007).
    public static func hutchinson(samples: Int = 100, seed: UInt64 = 0) -> EstimationMethod {
        EstimationMethod(options: EstimatorOptions(method: .hutchinson, samples: samples, seed: seed))
    }
    /// Hutchinson beside a sketch of the range (Meyer et al. 2021, arXiv:2010.09649), for traces. `samples` counts products, from 3.
    public static func hutchPlusPlus(samples: Int = 100, seed: UInt64 = 0) -> EstimationMethod {
        EstimationMethod(options: EstimatorOptions(method: .hutchPlusPlus, samples: samples, seed: seed))
    }
    /// Every random vector serves sketch and sample (Epperly et al. 2024, arXiv:2301.07825), for traces. `samples` counts products, from 4.
    public static func xTrace(samples: Int = 100, seed: UInt64 = 0) -> EstimationMethod {
        EstimationMethod(options: EstimatorOptions(method: .xTrace, samples: samples, seed: seed))
    }
    /// The same for diagonals.
    public static func xDiag(samples: Int = 100, seed: UInt64 = 0) -> EstimationMethod {
        EstimationMethod(options: EstimatorOptions(method: .xDiag, samples: samples, seed: seed))
    }
    /// Stochastic Lanczos quadrature (Ubaru et al. 2017), for log-determinants: `depth` products for each of `samples` random vectors.
    public static func lanczosQuadrature(samples: Int = 100, depth: Int = 30, seed: UInt64 = 0) -> EstimationMethod {
        EstimationMethod(
            options: EstimatorOptions(method: .lanczosQuadrature, samples: samples, seed: seed, depth: depth))
    }

    /// The same, sampled until the relative standard error is at most `tolerance`; the number of samples is the most there may be.
    public func until(tolerance: Double) -> EstimationMethod {
        var options = options
        options.tolerance = tolerance
        return EstimationMethod(options: options)
    }
}

/// Which eigenvalues are wanted, and in which order they come.
public enum SpectrumPart: Sendable {
    /// By absolute value, descending; by value, descending; by value, ascending.
    case largestMagnitude, largest, smallest

    fileprivate var end: SpectrumEnd {
        switch self {
        case .largestMagnitude: .largestMagnitude
        case .largest: .largest
        case .smallest: .smallest
        }
    }
}

extension LinearOperator {
    /// The sum of the diagonal. What is sampled has its standard error in the results as "NAME.error".
    public func trace(_ method: EstimationMethod = .automatic) -> Scalar {
        Scalar(lazy: function(.trace(method.options)))
    }
    /// The root of the sum of squares of all entries.
    public func frobeniusNorm(_ method: EstimationMethod = .automatic) -> Scalar {
        Scalar(lazy: function(.frobeniusNorm(method.options)))
    }
    /// The logarithm of the determinant of a positive definite operator; minus infinity of a singular one.
    public func logdet(_ method: EstimationMethod = .automatic) -> Scalar {
        Scalar(lazy: function(.logdet(method.options)))
    }
    /// (n).
    public func diagonal(_ method: EstimationMethod = .automatic) -> Vector {
        Vector(lazy: function(.diagonal(method.options)))
    }

    /// Eigenvalues of a symmetric operator, or of a product of a symmetric one with an inverse or power of Kronecker-factored curvature, (count), by thick-restart block Lanczos (Wu and Simon 2000), or by LAPACK where the operator is small. Their
    /// residual norms are in the results as "NAME.error".
    ///
    /// - Parameters:
    ///   - count: How many; at most the operator's rows.
    ///   - part: Which of them, and in which order.
    ///   - tolerance: Of residual norms, relative to the eigenvalue.
    ///   - maxRestarts: Fillings of the basis after the first.
    ///   - seed: Of the first block of vectors.
    public func eigenvalues(
        count: Int = 6, _ part: SpectrumPart = .largestMagnitude, tolerance: Double = 1e-5, maxRestarts: Int = 300,
        seed: UInt64 = 0
    ) -> Vector {
        let options = SpectrumOptions(
            count: count, end: part.end, tolerance: tolerance, maxRestarts: maxRestarts, seed: seed)
        return Vector(lazy: function(.eigenvalues(options)))
    }
    /// Their eigenvectors, (n, count), orthonormal, one in each column; with the same arguments they come from the same iteration.
    public func eigenvectors(
        count: Int = 6, _ part: SpectrumPart = .largestMagnitude, tolerance: Double = 1e-5, maxRestarts: Int = 300,
        seed: UInt64 = 0
    ) -> Block {
        let options = SpectrumOptions(
            count: count, end: part.end, tolerance: tolerance, maxRestarts: maxRestarts, seed: seed)
        return Block(lazy: function(.eigenvectors(options)))
    }
    /// The largest singular values, (count), descending.
    public func singularValues(count: Int = 6, tolerance: Double = 1e-5, seed: UInt64 = 0) -> Vector {
        Vector(lazy: function(.singularValues(SpectrumOptions(count: count, tolerance: tolerance, seed: seed))))
    }
    /// The smoothed density of eigenvalues, (points, 2): where, and how dense, by stochastic Lanczos quadrature (Lin et al. 2016).
    ///
    /// - Parameters:
    ///   - samples: Random vectors.
    ///   - depth: Products for each of them.
    ///   - points: Of the grid, evenly spaced.
    ///   - width: The standard deviation that each eigenvalue is smeared with. Without it, the median distance of neighbouring Ritz values, but at
    ///     least a step of the grid and at most a hundredth of it: more `depth` and more `points` show more.
    ///   - seed: Of the random vectors.
    public func spectralDensity(
        samples: Int = 10, depth: Int = 30, points: Int = 1024, width: Double? = nil, seed: UInt64 = 0
    ) -> Block {
        Block(
            lazy: function(
                .spectralDensity(
                    DensityOptions(samples: samples, depth: depth, points: points, width: width, seed: seed))))
    }

    /// The matrix itself, (m, n): n products, in blocks.
    public var matrix: Block { Block(lazy: function(.materialize)) }

    private func function(_ function: MatrixFunction) -> LazyExpression {
        LazyExpression("'\(function.name)'", [lazy]) { operands throws(KindError) in
            try .function(function, of: operands[0])
        }
    }
}
