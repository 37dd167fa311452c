/// A value of the compiled request: an index into the operator graph's table.
package struct Value: Hashable, Sendable, Comparable {
    package let index: Int
    package static func < (a: Value, b: Value) -> Bool { a.index < b.index }
}

/// What a value is. Operators do not occur any more: applying a sum, a product, a scalar multiple or a transpose has become
/// arithmetic on what the leaves give.
package enum Quantity: Hashable, Sendable {
    case number(Double)
    /// A scalar, vector or block that the user brings.
    case tensor(String)
    case loss
    case prediction
    /// A sum of terms in parameter space, each a backward sweep (alone) or part of one (together).
    case pullback([PullbackTerm])
    /// The Jacobian times a vector or block: in output space.
    case jacobianProduct(Value)
    /// sum of factor * scalar * value; of no terms: zeros.
    case combination([CombinationTerm], Kind)
    case scalarProduct(Value, Value)
    /// 1 / a scalar.
    case reciprocal(Value)
    /// A diagonal matrix, given by its diagonal, times a vector or block.
    case diagonalProduct(Value, Value)
    /// A matrix, or its transpose, times a vector or block.
    case denseProduct(Value, isTransposed: Bool, Value)
    case norm(Value)
    case dot(Value, Value)
    /// Backward sweeps of the terms' own gradients, each example's part weighed with one number: what empirical Fisher products and
    /// gradients are where each example has one term. The terms are of these two kinds only.
    case weighedGradient([PullbackTerm])
    /// What an iteration applies its operator to: it changes from one application to the next. `depth` tells nested ones apart.
    case hole(depth: Int, Kind)
    /// The result of an iteration: a linear system's solution, an operator's trace.
    case iteration(Iteration)
    /// The exact diagonal of a sum of outer products of gradients; zero where the structure does not give a parameter's gradients example by
    /// example.
    case curvatureDiagonal(OuterProductCurvature)
    /// A root of curvature times a vector or block: in output space, a row for each term and cotangent.
    case rootProduct(OutputRoot, Value)
    /// The root's transpose times a vector or block in output space.
    case rootPullback(OutputRoot, Value)
    /// What the root's rows are made of, for each example.
    case exampleFactors(OutputRoot)
    /// The root times its transpose, and a multiple of the identity, from what the rows are made of.
    case outputKernel(OutputRoot, shift: Double, Value)
    /// Factors of a Kronecker-factored curvature, or what is done with them.
    case kronecker(KroneckerStep, [Value])
    /// Arithmetic that is no linear combination.
    case elementary(ElementaryFunction, [Value])
    /// A vector of ones.
    case ones(Int)
    /// Vectors and blocks side by side, as one block.
    case columns([Value])
    /// Columns of a block, from one on: a block, or a vector where the kind says so.
    case columnRange(Value, from: Int)
}

/// A computation that applies operators again and again to vectors of its own. The operator is a part of the operator graph with a hole
/// in it, and becomes a plan of its own.
package struct Iteration: Hashable, Sendable {
    package enum Task: Hashable, Sendable {
        case solve(SolveOptions)
        /// A function of the operator as a whole, its method decided.
        case function(MatrixFunction)
        /// Factors of nearest Kronecker products, by products with rearranged blocks and their transposes.
        case nearestKronecker([NearestKroneckerSearch.Block])
        /// Eigenvalues in the first row, and eigenvectors below them.
        case eigenpairs(SpectrumOptions)
        /// Linear algebra on a matrix that is there: no operator is applied.
        case dense(DenseTask)
    }
    package enum DenseTask: Hashable, Sendable {
        /// Of a square matrix, the argument: its factors (n, n) and a row that says how they were found.
        case factorize
        /// The logarithm of the determinant of a symmetric matrix; whether it is one may have to be checked.
        case logdet(checksSymmetry: Bool)
        /// Solutions from the matrix, its factors and right-hand sides, good to this relative residual.
        case solve(tolerance: Double)
    }
    package struct Map: Hashable, Sendable {
        package var hole: Value
        /// The operator applied to the hole.
        package var body: Value
    }
    package var task: Task
    /// The operator, and a preconditioner or its transpose if there is one.
    package var maps: [Map]
    /// What the task is about: right-hand sides, or nothing.
    package var arguments: [Value]
}

package struct CombinationTerm: Hashable, Sendable {
    package var factor: Double
    /// A scalar known only when the plan runs.
    package var scalar: Value?
    package var value: Value
}

/// One summand of a backward sweep: what seeds it.
package struct PullbackTerm: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case gradient
        case hessian(Value)
        /// Exact, or with labels drawn from the model.
        case ggn(Value, Sampling?)
        case empiricalFisher(Value)
        case jacobianTranspose(Value)
        /// The same for a vector that the pass itself computes, example by example.
        case jacobianChain(Value)
    }
    package var factor: Double
    package var source: Source

    /// Whether the loss's divisor scales it.
    package var isDerivativeOfLoss: Bool {
        switch source {
        case .jacobianTranspose, .jacobianChain: false
        default: true
        }
    }

    /// The vector or block it is applied to.
    package var argument: Value? {
        switch source {
        case .gradient: nil
        case .hessian(let x), .ggn(let x, _), .empiricalFisher(let x), .jacobianTranspose(let x),
            .jacobianChain(let x):
            x
        }
    }
}

package struct Sampling: Hashable, Sendable {
    package var samples: Int
    package var seed: UInt64
}

extension Iteration.Task {
    /// Whether the result is float64 whatever the run's precision.
    var isWide: Bool {
        switch self {
        case .dense(.factorize), .nearestKronecker: true
        default: false
        }
    }
}

extension Quantity {
    package var operands: [Value] {
        switch self {
        case .number, .tensor, .loss, .prediction, .hole, .ones, .curvatureDiagonal, .exampleFactors: []
        case .pullback(let terms), .weighedGradient(let terms): terms.compactMap(\.argument)
        case .jacobianProduct(let x), .reciprocal(let x), .norm(let x), .rootProduct(_, let x), .rootPullback(_, let x),
            .outputKernel(_, _, let x):
            [x]
        case .combination(let terms, _): terms.flatMap { [$0.scalar, $0.value].compactMap(\.self) }
        case .scalarProduct(let a, let b), .diagonalProduct(let a, let b), .denseProduct(let a, _, let b),
            .dot(let a, let b):
            [a, b]
        case .iteration(let iteration): iteration.arguments + iteration.maps.map(\.body)
        case .columns(let parts), .elementary(_, let parts), .kronecker(_, let parts): parts
        case .columnRange(let x, _): [x]
        }
    }
    /// Whether it is kept in float64 whatever the run's precision.
    package var isWide: Bool {
        switch self {
        case .kronecker(let step, _): step.isWide
        case .iteration(let iteration): iteration.task.isWide
        case .outputKernel: true
        default: false
        }
    }
    /// Whether a data pass computes it; everything else is algebra on what passes give.
    package var needsPass: Bool {
        switch self {
        case .loss, .prediction, .pullback, .weighedGradient, .jacobianProduct, .curvatureDiagonal, .rootProduct,
            .rootPullback, .exampleFactors:
            true
        case .kronecker(let step, _): step.needsPass
        default: false
        }
    }
}
