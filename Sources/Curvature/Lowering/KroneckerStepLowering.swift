import TensorIR

/// Algebra on packed factors as tensor nodes.
struct KroneckerStepLowering {
    let graph: TensorGraph
    let operators: OperatorGraph

    func lower(_ step: KroneckerStep, _ operands: [Node]) throws -> Node {
        switch step {
        case .eigen(let options):
            return try graph.append(SymmetricEigen(operators.layouts[options]!.matrices), operands[0])
        case .nearestFactors(let options):
            let parts = try operands.count == 1 ? operands[0] : graph.concatenate(operands, axis: 0)
            return try graph.append(operators.rearrangements[options]!.nearest, parts)
        case .mixedFactors(let options): return try mixed(options, operands)
        case .averagedCorrections(let options):
            return try graph.append(
                EigenspaceMeans(operators.layouts[options]!.eigenspaces, tolerance: operators.eigenspaceTolerance),
                operands[0],
                operands[1])
        case .product(let product):
            let algebra = algebra(product.options, Array(operands.dropLast()), hasEigen: product.needsEigen)
            return try algebra.product(
                product, operands.last!, inverses: product.usesInverses ? operands[1] : nil)
        case .inverses(let product):
            return try algebra(product.options, operands, hasEigen: false).inverses(product)
        case .function(let function, let product):
            guard case .spectral(let spectral) = product.mode else {
                preconditionFailure("\(product) is no function of its curvature")
            }
            let hasEigen = function.needsEigen || product.needsEigen
            return try algebra(product.options, operands, hasEigen: hasEigen).value(function, of: spectral)
        case .productTrace(let first, let second):
            let parts = combinations([first, second], operands)
            return try sums.productTrace(parts[0], parts[1])
        case .sumNorm(let sum): return try sums.norm(combinations([sum], operands)[0])
        case .factors, .rearrangements, .rearrangedProducts, .corrections, .loaded:
            preconditionFailure("\(step) comes from elsewhere")
        }
    }

    /// Input factors are those of every term; all others add up.
    private func mixed(_ options: KroneckerOptions, _ terms: [Node]) throws -> Node {
        let layout = operators.layouts[options]!
        let own = options.mixture.map { operators.layouts[$0.options]! }
        // Each factor once, in packed order; which layers have one in common may be another matter in each term.
        var sums: [Int: Node] = [:]
        for (number, block) in layout.blocks.enumerated() {
            for (axis, factor) in block.factors.enumerated() {
                guard let factor, sums[factor.offset] == nil else { continue }
                func part(_ term: Int) throws -> Node {
                    let place = own[term].blocks[number].factors[axis]!
                    return try graph.slice(terms[term], axis: 0, start: place.offset, count: place.count)
                }
                if case .kronecker = block.form, axis == 1 {
                    sums[factor.offset] = try part(0)
                    continue
                }
                sums[factor.offset] = try options.mixture.indices.reduce(nil as Node?) { sum, term in
                    let scaled = try graph.scale(part(term), by: options.mixture[term].factor)
                    return try sum.map { try graph.add($0, scaled) } ?? scaled
                }
            }
        }
        let parts = sums.sorted { $0.key < $1.key }.map(\.value)
        return parts.count == 1 ? parts[0] : try graph.concatenate(parts, axis: 0)
    }

    private var sums: KroneckerSums {
        KroneckerSums(graph: graph) { product, operands in
            KroneckerAlgebra(
                graph: graph, layout: operators.layouts[product.options]!, shapes: operators.parameterShapes,
                factors: operands.factors, eigen: operands.eigen,
                corrections: product.options.form == .ekfac ? operands.corrections : nil)
        }
    }

    /// Each combination with its packed values, which stand one after the other.
    private func combinations(_ sums: [KroneckerSum], _ packed: [Node]) -> [[KroneckerSums.Combination]] {
        var rest = packed[...]
        return sums.map { sum in
            sum.combinations.map { form in
                let isCorrected = form.options.form == .ekfac
                let factors = rest.removeFirst()
                let eigen = form.needsEigen || isCorrected ? rest.removeFirst() : nil
                let corrections = isCorrected ? rest.removeFirst() : nil
                return KroneckerSums.Combination(
                    form: form, operands: .init(factors: factors, eigen: eigen, corrections: corrections))
            }
        }
    }

    private func algebra(_ options: KroneckerOptions, _ packed: [Node], hasEigen: Bool) -> KroneckerAlgebra {
        let isCorrected = options.form == .ekfac
        return KroneckerAlgebra(
            graph: graph, layout: operators.layouts[options]!, shapes: operators.parameterShapes, factors: packed[0],
            eigen: hasEigen || isCorrected ? packed[1] : nil, corrections: isCorrected ? packed[2] : nil)
    }
}
