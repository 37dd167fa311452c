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
        let shared = layout.blocks.compactMap { block -> Range<Int>? in
            guard case .kronecker(_, _, _, let input, _) = block.form else { return nil }
            return input.offset..<input.offset + input.count
        }
        var sum: Node?
        for (term, packed) in zip(options.mixture, terms) {
            let scaled = try graph.scale(packed, by: term.factor)
            sum = try sum.map { try graph.add($0, scaled) } ?? scaled
        }
        var (parts, end) = ([Node](), 0)
        func append(_ range: Range<Int>, of packed: Node) throws {
            if range.isEmpty { return }
            parts.append(try graph.slice(packed, axis: 0, start: range.lowerBound, count: range.count))
        }
        // Layers with the same input have one factor.
        for range in Set(shared).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            try append(end..<range.lowerBound, of: sum!)
            try append(range, of: terms[0])
            end = range.upperBound
        }
        try append(end..<layout.count, of: sum!)
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
