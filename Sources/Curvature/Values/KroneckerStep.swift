/// A step on the way to what is done with a Kronecker-factored curvature. Factors, decompositions and corrections are packed vectors of float64,
/// laid out as ``FactorLayout`` says; each is there once however often it is used.
package enum KroneckerStep: Hashable, Sendable {
    /// The factors of KFAC, from a data pass.
    case factors(KroneckerOptions)
    /// What the factors of KFOC are worked out from, from a data pass.
    case rearrangements(KroneckerOptions)
    /// Products of rearranged blocks that are too large to be there with packed matrices, from a data pass.
    case rearrangedProducts(KroneckerOptions, isTransposed: Bool)
    /// The factors of KFOC from rearranged blocks, and from what is searched without them.
    case nearestFactors(KroneckerOptions)
    /// The factors of a sum of KFACs, from those of its terms.
    case mixedFactors(KroneckerOptions)
    /// Eigendecompositions of factors.
    case eigen(KroneckerOptions)
    /// Inverses of damped factors, of a product that uses them.
    case inverses(KroneckerProduct)
    /// EKFAC's eigenvalues, from a data pass that reads eigendecompositions.
    case corrections(KroneckerOptions)
    /// Corrections and decompositions, as corrections that do not depend on the choice of vectors in an eigenspace.
    case averagedCorrections(KroneckerOptions)
    /// Factors, decompositions and corrections where they are needed, and the vector or block.
    case product(KroneckerProduct)
    /// Factors, decompositions and corrections where they are needed.
    case function(KroneckerFunction, of: KroneckerProduct)
    /// The trace of a product of two sums, from the packed values of each combination in turn.
    case productTrace(KroneckerSum, KroneckerSum)
    /// The Frobenius norm of a sum, from the packed values of each combination in turn.
    case sumNorm(KroneckerSum)
    /// What a file has of an operator.
    case loaded(FactorPart, KroneckerOptions)

    var needsPass: Bool {
        switch self {
        case .factors, .rearrangements, .rearrangedProducts, .corrections: true
        default: false
        }
    }

    /// Whether it is kept in float64 whatever the run's precision.
    var isWide: Bool {
        switch self {
        case .product, .rearrangedProducts: false
        case .function(.diagonal, _), .function(.eigenvalues, _), .function(.eigenvectors, _): false
        default: true
        }
    }
}

/// The packed values of a Kronecker-factored curvature.
struct KroneckerValues {
    var factors: Value
    var eigen: Value?
    var corrections: Value?

    var operands: [Value] { [factors] + [eigen, corrections].compactMap(\.self) }
}

extension OperatorGraph {
    mutating func kroneckerValues(_ options: KroneckerOptions, needsEigen: Bool) -> KroneckerValues {
        func packed(_ step: KroneckerStep, _ operands: [Value], _ count: Int) -> Value {
            intern(.kronecker(step, operands), .vector(count))
        }
        /// What a file has is there, and computed from nothing.
        func loaded(_ part: FactorPart, _ own: KroneckerOptions, _ count: Int) -> Value? {
            loadedFactors[own]?.contains(part) == true ? packed(.loaded(part, own), [], count) : nil
        }
        // The terms of a sum have the same blocks.
        if let first = options.mixture.first { layouts[options] = layouts[first.options] }
        let layout = layouts[options]!
        let factors: Value
        if let there = loaded(.factors, options.factors, layout.count) {
            factors = there
        } else if !options.mixture.isEmpty {
            let terms = options.mixture.map { kroneckerValues($0.options, needsEigen: false).factors }
            factors = packed(.mixedFactors(options), terms, layout.count)
        } else if options.form == .kfoc {
            let own = rearrangements[options]!
            var parts = own.count == 0 ? [] : [packed(.rearrangements(options), [], own.count)]
            if !own.searched.isEmpty { parts.append(searchedFactors(options, own.searched)) }
            factors = packed(.nearestFactors(options), parts, layout.count)
        } else {
            factors = packed(.factors(options.factors), [], layout.count)
        }
        var values = KroneckerValues(factors: factors)
        guard needsEigen || options.form == .ekfac else { return values }
        let eigen =
            loaded(.eigen, options.factors, layout.eigenCount)
            ?? packed(.eigen(options.factors), [factors], layout.eigenCount)
        values.eigen = eigen
        if let there = loaded(.corrections, options, layout.correctionCount) {
            values.corrections = there
        } else if options.form == .ekfac {
            let corrections = packed(.corrections(options), [eigen], layout.correctionCount)
            values.corrections = packed(.averagedCorrections(options), [corrections, eigen], layout.correctionCount)
        }
        return values
    }

    /// KFOC's factors by products with rearranged blocks and their transposes, in turn.
    private mutating func searchedFactors(_ options: KroneckerOptions, _ blocks: [NearestKroneckerSearch.Block])
        -> Value
    {
        let sizes = (
            inputs: blocks.reduce(0) { $0 + $1.inputs * $1.inputs },
            outputs: blocks.reduce(0) { $0 + $1.outputs * $1.outputs }
        )
        func map(isTransposed: Bool) -> Iteration.Map {
            let (from, to) = isTransposed ? (sizes.outputs, sizes.inputs) : (sizes.inputs, sizes.outputs)
            let hole = intern(.hole(depth: 0, .vector(from)), .vector(from))
            let step = KroneckerStep.rearrangedProducts(options, isTransposed: isTransposed)
            return Iteration.Map(hole: hole, body: intern(.kronecker(step, [hole]), .vector(to)))
        }
        return intern(
            .iteration(
                Iteration(
                    task: .nearestKronecker(blocks), maps: [map(isTransposed: false), map(isTransposed: true)],
                    arguments: [])), .vector(sizes.inputs + sizes.outputs))
    }

    mutating func kroneckerProduct(
        _ options: KroneckerOptions, _ mode: KroneckerProduct.Mode, _ x: Value, _ kind: Kind
    ) -> Value {
        let product = KroneckerProduct(options: options, mode: mode)
        let values = kroneckerValues(options, needsEigen: product.needsEigen)
        return intern(.kronecker(.product(product), values.operands + [x]), kind)
    }

    /// A closed form; nil for an operator that is no function of a Kronecker-factored curvature.
    mutating func kronecker(_ function: KroneckerFunction, of map: Expression, _ kind: Kind) -> Value? {
        guard let form = map.spectralKronecker else { return nil }
        let product = KroneckerProduct(options: form.options, mode: .spectral(form.function))
        let values = kroneckerValues(form.options, needsEigen: function.needsEigen || product.needsEigen)
        return intern(.kronecker(.function(function, of: product), values.operands), kind)
    }
}

extension KroneckerStep {
    /// In the expression language, or near it.
    func text(_ argument: (Int) -> String) -> String {
        switch self {
        case .factors(let options): return "factors of \(options)"
        case .rearrangements(let options): return "rearranged blocks of \(options)"
        case .rearrangedProducts(let options, let isTransposed):
            let blocks = "rearranged blocks of \(options)"
            return "\(isTransposed ? "transpose(\(blocks))" : blocks) @ \(argument(-1))"
        case .nearestFactors(let options), .mixedFactors(let options): return "factors of \(options)"
        case .eigen(let options): return "eigendecompositions of \(options)"
        case .inverses(let product): return "inverses of damped factors of \(product.options)"
        case .corrections(let options): return "corrections of \(options)"
        case .averagedCorrections(let options): return "eigenvalues of \(options)"
        case .function(let function, let product): return "\(function.name)(\(product))"
        case .productTrace(let first, let second): return "trace(\(first.operandText) @ \(second.operandText))"
        case .sumNorm(let sum): return "frobenius_norm(\(sum))"
        case .loaded(let part, let options): return "\(part.text) of \(options), loaded"
        case .product(let product): return "\(product) @ \(argument(-1))"
        }
    }
}

extension KroneckerProduct: CustomStringConvertible {
    /// The operator, in the language.
    package var description: String {
        func damped(_ damping: Double) -> String { "inverse(\(options), damping=\(NumberText.text(of: damping))" }
        switch mode {
        case .factorInverse(let damping): return damped(damping) + ")"
        case .heuristicInverse(let damping): return damped(damping) + ", damping_style=heuristic)"
        case .spectral(let function): return function.text("\(options)")
        }
    }
}
