/// A step on the way to what is done with a Kronecker-factored curvature. Factors, decompositions and corrections are packed vectors of float64,
/// laid out as ``FactorLayout`` says; each is there once however often it is used.
package enum KroneckerStep: Hashable, Sendable {
    /// The factors of KFAC, from a data pass.
    case factors(KroneckerOptions)
    /// What the factors of KFOC are worked out from, from a data pass.
    case rearrangements(KroneckerOptions)
    /// The factors of KFOC from these.
    case nearestFactors(KroneckerOptions)
    /// Eigendecompositions of factors.
    case eigen(KroneckerOptions)
    /// EKFAC's eigenvalues, from a data pass that reads eigendecompositions.
    case corrections(KroneckerOptions)
    /// Corrections and decompositions, as corrections that do not depend on the choice of vectors in an eigenspace.
    case averagedCorrections(KroneckerOptions)
    /// Factors, decompositions and corrections where they are needed, and the vector or block.
    case product(KroneckerProduct)
    /// Factors, decompositions and corrections where they are needed.
    case measure(KroneckerMeasure, KroneckerOptions)

    var needsPass: Bool {
        switch self {
        case .factors, .rearrangements, .corrections: true
        default: false
        }
    }

    /// Whether it is kept in float64 whatever the run's precision.
    var isWide: Bool {
        switch self {
        case .product: false
        case .measure(.diagonal, _), .measure(.eigenvalues, _): false
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
        let layout = layouts[options]!
        let factors: Value
        if options.form == .kfoc {
            let rearrangements = packed(.rearrangements(options), [], rearrangements[options]!.count)
            factors = packed(.nearestFactors(options), [rearrangements], layout.count)
        } else {
            factors = packed(.factors(options.factors), [], layout.count)
        }
        var values = KroneckerValues(factors: factors)
        guard needsEigen || options.form == .ekfac else { return values }
        let eigen = packed(.eigen(options.factors), [factors], layout.eigenCount)
        values.eigen = eigen
        if options.form == .ekfac {
            let corrections = packed(.corrections(options), [eigen], layout.correctionCount)
            values.corrections = packed(.averagedCorrections(options), [corrections, eigen], layout.correctionCount)
        }
        return values
    }

    mutating func kroneckerProduct(
        _ options: KroneckerOptions, _ mode: KroneckerProduct.Mode, _ x: Value, _ kind: Kind
    ) -> Value {
        let product = KroneckerProduct(options: options, mode: mode)
        let values = kroneckerValues(options, needsEigen: product.needsEigen)
        return intern(.kronecker(.product(product), values.operands + [x]), kind)
    }

    mutating func kroneckerMeasure(_ measure: KroneckerMeasure, _ options: KroneckerOptions, _ kind: Kind) -> Value {
        let values = kroneckerValues(options, needsEigen: measure.needsEigen)
        return intern(.kronecker(.measure(measure, options), values.operands), kind)
    }
}

extension KroneckerStep {
    /// In the expression language, or near it.
    func text(_ argument: (Int) -> String) -> String {
        func number(_ value: Double) -> String { NumberText.text(of: value) }
        switch self {
        case .factors(let options): return "factors of \(options)"
        case .rearrangements(let options): return "rearranged blocks of \(options)"
        case .nearestFactors(let options): return "factors of \(options)"
        case .eigen(let options): return "eigendecompositions of \(options)"
        case .corrections(let options): return "corrections of \(options)"
        case .averagedCorrections(let options): return "eigenvalues of \(options)"
        case .measure(.logdet(let scale, let shift), let options):
            return "logdet(\(KroneckerStep.shifted(options, scale, shift)))"
        case .measure(let measure, let options): return "\(measure.name)(\(options))"
        case .product(let product):
            let options = product.options
            switch product.mode {
            case .product: return "\(options) @ \(argument(-1))"
            case .factorInverse(let damping):
                return "inverse(\(options)" + (damping == 0 ? "" : ", damping=\(number(damping))")
                    + ") @ \(argument(-1))"
            case .heuristicInverse(let damping):
                return "inverse(\(options), damping=\(number(damping)), damping_style=heuristic) @ \(argument(-1))"
            case .shiftedInverse(let scale, let shift):
                return "inverse(\(KroneckerStep.shifted(options, scale, shift))) @ \(argument(-1))"
            }
        }
    }

    private static func shifted(_ options: KroneckerOptions, _ scale: Double, _ shift: Double) -> String {
        let own = scale == 1 ? "\(options)" : "\(NumberText.text(of: scale)) * \(options)"
        return shift == 0 ? own : "\(own) + \(NumberText.text(of: shift)) * identity"
    }
}
