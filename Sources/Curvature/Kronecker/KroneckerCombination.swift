/// A sum of functions of Kronecker-factored curvatures that share their factors, and with them their eigenvectors: K, `inverse(K + d * identity)` and the
/// `ekfac` beside a `kfac`, each times a number, and a multiple of the identity. Its eigenvalues are the sum of theirs.
package struct KroneckerCombination: Hashable, Sendable {
    package struct Term: Hashable, Sendable {
        package var factor: Double
        package var product: KroneckerProduct
    }
    package var terms: [Term]
    package var shift = 0.0

    /// The operator whose packed values all terms read: one with corrections, if there is one.
    package var options: KroneckerOptions {
        (terms.first { $0.product.options.form == .ekfac } ?? terms[0]).product.options
    }
    /// Whether it is known by its factors alone.
    var needsEigen: Bool { plainFactor == nil }
    /// Of a multiple of an operator that is its factors, the number.
    var plainFactor: Double? {
        terms.count == 1 && shift == 0 && !terms[0].product.needsEigen ? terms[0].factor : nil
    }
}

/// A sum of such combinations with factors of their own: `kfac(fisher=type2) - kfac(fisher=empirical)`.
package struct KroneckerSum: Hashable, Sendable {
    package var combinations: [KroneckerCombination]
    /// The curvatures in it.
    var options: [KroneckerOptions] { combinations.flatMap { $0.terms.map(\.product.options) } }
}

extension Expression {
    /// The operator as a sum of functions of Kronecker-factored curvatures and of the identity, with numbers as factors; nil where it is none, or only identities.
    var kroneckerSum: KroneckerSum? {
        var combinations: [KroneckerCombination] = []
        var shift = 0.0
        func add(_ factor: Double, _ product: KroneckerProduct) -> Bool {
            let term = KroneckerCombination.Term(factor: factor, product: product)
            let place = combinations.firstIndex { $0.options.factors == product.options.factors }
            guard let place else {
                combinations.append(KroneckerCombination(terms: [term]))
                return combinations.count <= 16
            }
            if let same = combinations[place].terms.firstIndex(where: { $0.product == product }) {
                combinations[place].terms[same].factor += factor
            } else {
                combinations[place].terms.append(term)
            }
            return combinations[place].terms.count <= 16
        }
        guard let terms = linearTerms() else { return nil }
        for term in terms {
            guard let factor = term.scale.map(\.number) ?? 1 else { return nil }
            let product: KroneckerProduct
            switch term.map.node {
            case .identity:
                shift += factor
                continue
            case .dampedInverse(let options, let damping, let isHeuristic):
                product = KroneckerProduct(
                    options: options,
                    mode: isHeuristic ? .heuristicInverse(damping: damping) : .factorInverse(damping: damping))
            default:
                guard let form = term.map.spectralKronecker else { return nil }
                product = KroneckerProduct(options: form.options, mode: .spectral(form.function))
            }
            guard add(factor, product) else { return nil }
        }
        guard !combinations.isEmpty else { return nil }
        // The identity has everybody's eigenvectors.
        combinations[0].shift = shift
        return KroneckerSum(combinations: combinations)
    }
}

extension FactorLayout {
    /// Whether both have the same blocks, however their factors look.
    func isAligned(with other: FactorLayout) -> Bool {
        func outline(_ block: Block) -> ([Int], MatrixLayout?, Bool) {
            switch block.form {
            case .kronecker(let matrix, _, _, _, let isJoint): (block.parameters, matrix, isJoint)
            case .single: (block.parameters, nil, false)
            }
        }
        return blocks.count == other.blocks.count
            && zip(blocks, other.blocks).allSatisfy { outline($0) == outline($1) }
    }
}

extension OperatorGraph {
    /// The trace of a product of two sums; nil where one is none, or their blocks are not about the same entries.
    mutating func kroneckerTrace(_ first: Expression, _ second: Expression) -> Value? {
        guard let (a, b) = first.kroneckerSum.flatMap({ a in second.kroneckerSum.map { (a, $0) } }),
            areAligned([a, b])
        else { return nil }
        return intern(.kronecker(.productTrace(a, b), packedValues(a) + packedValues(b)), .scalar)
    }

    /// The Frobenius norm of a sum; nil where it is none, or its blocks are not about the same entries.
    mutating func kroneckerNorm(_ map: Expression) -> Value? {
        guard let sum = map.kroneckerSum, areAligned([sum]) else { return nil }
        return intern(.kronecker(.sumNorm(sum), packedValues(sum)), .scalar)
    }

    private func areAligned(_ sums: [KroneckerSum]) -> Bool {
        let own = sums.flatMap(\.combinations).flatMap(\.terms).map { term in
            let options = term.product.options
            return layouts[options.mixture.first?.options ?? options]!
        }
        return own.dropFirst().allSatisfy { own[0].isAligned(with: $0) }
    }

    private mutating func packedValues(_ sum: KroneckerSum) -> [Value] {
        sum.combinations.flatMap { kroneckerValues($0.options, needsEigen: $0.needsEigen).operands }
    }
}

extension KroneckerSum: CustomStringConvertible {
    /// The operator, in the language.
    package var description: String {
        var text = ""
        func add(_ factor: Double, _ operand: String) {
            guard !text.isEmpty else {
                text = factor == 1 ? operand : "\(NumberText.text(of: factor)) * \(operand)"
                return
            }
            text += factor < 0 ? " - " : " + "
            text += abs(factor) == 1 ? operand : "\(NumberText.text(of: abs(factor))) * \(operand)"
        }
        for combination in combinations {
            for term in combination.terms {
                let own = term.product.description
                let isSum =
                    if case .spectral(let function) = term.product.mode {
                        function.exponent == 1 && function != .identity
                    } else { false }
                add(term.factor, isSum ? "(\(own))" : own)
            }
            if combination.shift != 0 { add(combination.shift, "identity") }
        }
        return text
    }
    /// As an operand of a product.
    var operandText: String {
        let isSingle = combinations.count == 1 && combinations[0].plainFactor == 1
        return isSingle ? description : "(\(description))"
    }
}
