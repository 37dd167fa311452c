/// Functions of operators as a whole: closed forms where the structure has one, else iterations that apply the operator.
extension OperatorGraph {
    mutating func value(
        of function: MatrixFunction, _ map: Expression, _ kind: Kind, _ known: inout [Expression: Value]
    ) -> Value {
        if function.isOfEigenvalues, let similar = symmetric(function, map) {
            return value(of: function, similar, kind, &known)
        }
        switch function {
        case .trace(let options): return trace(map, options, &known)
        case .diagonal(let options): return diagonal(map, options, &known)
        case .frobeniusNorm(let options): return frobeniusNorm(map, options, &known)
        case .logdet(let options): return logdet(map, options, &known)
        case .materialize: return matrix(of: map, &known)
        case .eigenvalues(let options):
            let form = KroneckerFunction.eigenvalues(count: options.count, options.end)
            if let value = closedSpectrum(function, form, map, kind, &known) { return value }
            return intern(.elementary(.row(0), [eigenpairs(map, options, &known)]), kind)
        case .eigenvectors(let options):
            let form = KroneckerFunction.eigenvectors(count: options.count, options.end)
            if let value = closedSpectrum(function, form, map, kind, &known) { return value }
            let pairs = eigenpairs(map, options, &known)
            return intern(.elementary(.rows([1..<kind.shape[0] + 1]), [pairs]), kind)
        case .singularValues(let options):
            let isDense = SingularValues.prefersDense(rows: map.kind.shape[0], columns: map.kind.shape[1], options)
            return iteration(
                .function(function), over: map, width: isDense ? map.unitWidth : options.blockWidth,
                hasTranspose: true, kind, &known)
        case .spectralDensity(let options):
            return iteration(
                .function(function), over: map, width: min(options.samples, Iteration.widestProbes), kind, &known)
        }
    }

    private mutating func symmetric(_ function: MatrixFunction, _ map: Expression) -> Expression? {
        guard let similar = map.symmetricallySimilar else { return nil }
        choices.append(
            Rewrite(
                rule: "similar-symmetric", before: "\(function.name)(\(map.text(limit: 200)))",
                after: "\(function.name)(\(similar.text(limit: 200))): similar, and symmetric"))
        return similar
    }

    // MARK: Iterations

    /// An iteration that applies `map`, and its transpose if it has to, to blocks of `width` vectors of its own.
    mutating func iteration(
        _ task: Iteration.Task, over map: Expression, width: Int, hasTranspose: Bool = false, _ kind: Kind,
        _ known: inout [Expression: Value]
    ) -> Value {
        var maps = [self.map(map, isTransposed: false, width: width, &known)]
        if hasTranspose { maps.append(self.map(map, isTransposed: true, width: width, &known)) }
        return intern(.iteration(Iteration(task: task, maps: maps, arguments: [])), kind)
    }

    private mutating func map(
        _ map: Expression, isTransposed: Bool, width: Int, _ known: inout [Expression: Value]
    ) -> Iteration.Map {
        let kind = Kind.block(map.kind.shape[isTransposed ? 0 : 1], width)
        let hole = intern(.hole(depth: map.iterationDepth, kind), kind)
        return Iteration.Map(hole: hole, body: apply(map, transposed: isTransposed, to: hole, &known))
    }

    /// Eigenvalues in the first row, eigenvectors below them, one in each column: what both functions take from one iteration.
    private mutating func eigenpairs(
        _ map: Expression, _ options: SpectrumOptions, _ known: inout [Expression: Value]
    ) -> Value {
        var options = options
        options.checksSymmetry = map.properties.isSymmetric != true
        let size = map.kind.shape[0]
        let isDense = ThickRestartLanczos.prefersDense(
            size: size, width: options.blockWidth, options: options.lanczos)
        return iteration(
            .eigenpairs(options), over: map, width: isDense ? map.unitWidth : options.blockWidth,
            .block(size + 1, options.count), &known)
    }

    /// The matrix of an operator, (m, n).
    mutating func matrix(of map: Expression, _ known: inout [Expression: Value]) -> Value {
        if case .dense(let block) = map.node { return value(of: block, &known) }
        return iteration(
            .function(.materialize), over: map, width: map.unitWidth,
            .block(map.kind.shape[0], map.kind.shape[1]), &known)
    }

    /// A function by the method that was asked for, or by one that suits the operator's size.
    mutating func estimate(
        _ function: MatrixFunction, over map: Expression, _ kind: Kind, _ known: inout [Expression: Value]
    ) -> Value {
        var function = function
        let options = function.estimator!
        let size = map.kind.shape[1]
        if options.method == .auto {
            let hasSampling = options.samples != nil || options.tolerance != nil
            // Without closed forms the value stays what it is.
            let isSmall = (size <= Iteration.largestExact || !usesClosedForms) && !hasSampling
            let isSymmetric = map.properties.isSymmetric == true
            let method: EstimatorOptions.Method =
                switch function {
                case _ where isSmall: .exact
                case .trace: .hutchPlusPlus
                case .diagonal: isSymmetric && options.probes == nil ? .xDiag : .hutchinson
                case .logdet: .lanczosQuadrature
                default: .hutchinson
                }
            function = function.with(method: method)
            choices.append(
                Rewrite(
                    rule: "choose-method", before: "\(function.name)(\(map.text(limit: 200)))",
                    after: isSmall
                        ? "method=exact: \(size) products, one for each column"
                        : "method=\(method.rawValue): "
                            + (hasSampling
                                ? "sampling was asked for" : "\(size) products would be needed for the exact value")))
        }
        if case .logdet = function, function.estimator!.method == .exact {
            let matrix = matrix(of: map, &known)
            return intern(
                .iteration(
                    Iteration(
                        task: .dense(.logdet(checksSymmetry: map.properties.isSymmetric != true)), maps: [],
                        arguments: [matrix])), kind)
        }
        let resolved = function.estimator!
        let width =
            switch resolved.method {
            case .exact, .auto: map.unitWidth
            case .hutchPlusPlus: min(max(resolved.budget.maximum / 3, 1), size, Iteration.widestProbes)
            case .xTrace, .xDiag: min(max(resolved.budget.maximum / 2, 1), size, Iteration.widestProbes)
            default: min(resolved.budget.maximum, Iteration.widestProbes)
            }
        // Of a diagonal's sketch, the transpose is sampled too.
        let hasTranspose = resolved.method == .xDiag && map.properties.isSymmetric != true
        return iteration(.function(function), over: map, width: width, hasTranspose: hasTranspose, kind, &known)
    }
}

extension MatrixFunction {
    func with(method: EstimatorOptions.Method) -> MatrixFunction {
        func changed(_ options: EstimatorOptions) -> EstimatorOptions {
            var options = options
            options.method = method
            return options
        }
        return switch self {
        case .trace(let options): .trace(changed(options))
        case .frobeniusNorm(let options): .frobeniusNorm(changed(options))
        case .logdet(let options): .logdet(changed(options))
        case .diagonal(let options): .diagonal(changed(options))
        default: self
        }
    }
}

extension Expression {
    /// Unit vectors that one application of an operator takes where all of them are needed.
    var unitWidth: Int { min(kind.shape[1], Iteration.widestUnits) }
}

extension SpectrumOptions {
    /// Columns of a Lanczos block: a few find eigenvalues that are repeated, more cost products.
    var blockWidth: Int { min(count, 4) }

    var lanczos: ThickRestartLanczos.Options {
        var options = ThickRestartLanczos.Options(
            count: count, end: end, tolerance: tolerance, maximumRestarts: maxRestarts,
            float64Basis: hasFloat64Basis, seed: seed)
        options.checksSymmetry = checksSymmetry
        return options
    }
}

extension Iteration {
    /// Random vectors, unit vectors that one application takes at most. From there on more columns save nothing: what does not depend on them
    /// is kept.
    static let widestProbes = 32
    static let widestUnits = 64
    /// Operators of more columns are sampled where nothing else is asked for.
    static let largestExact = 1024
}
