import TensorIR

/// Traces of products of two sums of Kronecker-factored operators, and norms of such sums, block by block (mathematics.md, section 8): of kron(B, A) and
/// kron(D, C) the trace of the product is tr(B D) tr(A C). Where one is known by eigenvectors, it is
/// the sum of its eigenvalues times what the other does along these vectors. Nothing of a block's own size squared is formed.
struct KroneckerSums {
    typealias Block = FactorLayout.Block
    let graph: TensorGraph
    /// Of an operator, on its packed values.
    let algebra: (KroneckerProduct, Operands) -> KroneckerAlgebra

    /// A combination's packed values.
    struct Operands {
        var factors: Node
        var eigen: Node?
        var corrections: Node?
    }
    struct Combination {
        var form: KroneckerCombination
        var operands: Operands
    }

    func productTrace(_ first: [Combination], _ second: [Combination]) throws -> Node {
        try total(first.flatMap { a in second.map { (a, $0, 1) } })
    }

    /// What combinations with the same factors have in common is taken away before anything is squared. Between others it is not: of operators
    /// that agree in n digits the norm of the difference has 8 - n.
    func norm(_ sum: [Combination]) throws -> Node {
        var pairs: [(Combination, Combination, Double)] = []
        for (place, a) in sum.enumerated() {
            pairs.append((a, a, 1))
            for b in sum[..<place] { pairs.append((a, b, 2)) }
        }
        let square = try total(pairs)
        return try graph.sqrt(graph.binary(.maximum, square, graph.filled(0, like: square)))
    }

    private func total(_ pairs: [(Combination, Combination, Double)]) throws -> Node {
        var sum = try graph.filled(0, .scalar, .float64)
        for (a, b, factor) in pairs {
            let (left, right) = (Spectra(a, self), Spectra(b, self))
            for index in left.algebra.layout.blocks.indices {
                let part = try inner(left, right, index)
                sum = try graph.add(sum, factor == 1 ? part : graph.scale(part, by: factor))
            }
        }
        return sum
    }

    // MARK: Blocks

    /// A combination with what its operators are worked out with.
    private struct Spectra {
        let form: KroneckerCombination
        let algebra: KroneckerAlgebra
        let terms: [(factor: Double, mode: KroneckerProduct.Mode, algebra: KroneckerAlgebra)]

        init(_ combination: Combination, _ sums: KroneckerSums) {
            form = combination.form
            terms = form.terms.map { ($0.factor, $0.product.mode, sums.algebra($0.product, combination.operands)) }
            algebra = terms[0].algebra
        }
    }

    private func inner(_ a: Spectra, _ b: Spectra, _ index: Int) throws -> Node {
        switch (a.form.plainFactor, b.form.plainFactor) {
        case (let x?, let y?): return try graph.scale(plain(a, b, index), by: x * y)
        case (let x?, nil): return try graph.scale(plain(a, along: b, index), by: x)
        case (nil, let y?): return try graph.scale(plain(b, along: a, index), by: y)
        case (nil, nil):
            let values = try eigenvalues(a, index)
            let others =
                a.form.options.factors == b.form.options.factors
                ? try eigenvalues(b, index) : try overlapped(b, with: a, index)
            return try sum(graph.multiply(values, others))
        }
    }

    private func sum(_ x: Node) throws -> Node { try graph.sum(x, axes: Array(0..<graph.shape(x).rank)) }

    /// (outputs, inputs), or (entries), in the order of the eigenbases.
    private func eigenvalues(_ a: Spectra, _ index: Int) throws -> Node {
        var sum: Node?
        for term in a.terms {
            let own = try graph.scale(term.algebra.gains(term.mode, term.algebra.layout.blocks[index]), by: term.factor)
            sum = try sum.map { try graph.add($0, own) } ?? own
        }
        guard a.form.shift != 0, let sum else { return sum! }
        return try graph.add(sum, graph.filled(a.form.shift, like: sum))
    }

    // MARK: Factors

    /// Two operators that are products of their factors.
    private func plain(_ a: Spectra, _ b: Spectra, _ index: Int) throws -> Node {
        let (left, right) = (a.algebra, b.algebra)
        let (own, other) = (left.layout.blocks[index], right.layout.blocks[index])
        let parts = try own.factors.indices.map { axis -> Node in
            guard let x = own.factors[axis] else { return try sum(right.diagonal(other, axis: axis)) }
            guard let y = other.factors[axis] else { return try sum(left.diagonal(own, axis: axis)) }
            guard !x.isDiagonal, !y.isDiagonal else {
                return try sum(graph.multiply(left.diagonal(of: x), right.diagonal(of: y)))
            }
            return try sum(graph.multiply(left.entries(of: x), right.entries(of: y)))
        }
        return try parts.dropFirst().reduce(parts[0]) { try graph.multiply($0, $1) }
    }

    /// An operator that is the product of its factors, along the eigenvectors of another.
    private func plain(_ a: Spectra, along b: Spectra, _ index: Int) throws -> Node {
        let (left, right) = (a.algebra, b.algebra)
        let own = left.layout.blocks[index]
        let bases = try right.bases(right.layout.blocks[index], .float64)
        let parts = try own.factors.indices.map { axis -> Node in
            guard let rows = bases.first(where: { $0.axis == axis })?.rows else {
                return try left.diagonal(own, axis: axis)
            }
            guard let factor = own.factors[axis], !factor.isDiagonal else {
                return try left.times(graph.square(rows), left.diagonal(own, axis: axis), axis: 0)
            }
            let matrix = try graph.reshape(left.entries(of: factor), Shape([factor.size, factor.size]))
            let images = try graph.contract(rows, [0, 1], matrix, [1, 2], to: [0, 2])
            return try graph.sum(graph.multiply(images, rows), axes: [1])
        }
        return try sum(graph.multiply(left.outer(parts), eigenvalues(b, index)))
    }

    // MARK: Eigenvectors

    /// What b does along the eigenvectors of a: its eigenvalues, weighed with the squares of products of eigenvectors.
    private func overlapped(_ b: Spectra, with a: Spectra, _ index: Int) throws -> Node {
        let bases = try a.algebra.bases(a.algebra.layout.blocks[index], .float64)
        let others = try b.algebra.bases(b.algebra.layout.blocks[index], .float64)
        return try a.algebra.layout.blocks[index].factors.indices.reduce(eigenvalues(b, index)) { values, axis in
            let (left, right) = (bases.first { $0.axis == axis }?.rows, others.first { $0.axis == axis }?.rows)
            switch (left, right) {
            case (nil, nil): return values
            case (let rows?, nil): return try a.algebra.times(graph.square(rows), values, axis: axis)
            case (nil, let rows?):
                return try a.algebra.times(graph.square(rows), values, axis: axis, isTransposed: true)
            case (let rows?, let others?):
                let products = try graph.contract(rows, [0, 1], others, [2, 1], to: [0, 2])
                return try a.algebra.times(graph.square(products), values, axis: axis)
            }
        }
    }
}
