import TensorIR

/// Kronecker-factored operators on packed factors: products with functions of them. Nothing of a block's own size is formed.
struct KroneckerAlgebra {
    typealias Block = FactorLayout.Block
    let graph: TensorGraph
    let layout: FactorLayout
    /// Shapes of the selected parameters, in order.
    let shapes: [[Int]]
    /// Packed, in float64: factors, their eigendecompositions, and what eigenvalues are replaced by.
    let factors: Node
    let eigen: Node?
    let corrections: Node?

    // MARK: Products

    /// - Parameters:
    ///   - x: (D) or (D, k), in the run's precision.
    ///   - inverses: Of factors, for a product that uses them.
    func product(_ product: KroneckerProduct, _ x: Node, inverses: Node? = nil) throws -> Node {
        let columns = Array(graph.shape(x).dimensions.dropFirst())
        var pieces: [Node] = []
        var start = 0
        for shape in shapes {
            let count = shape.reduce(1, *)
            pieces.append(try graph.slice(x, axis: 0, start: start, count: count))
            start += count
        }
        return try assembled(.real, columns) { number, block in
            let m = try matrix(of: block, pieces, columns)
            return try inverses.map { try applied(product, number: number, m, inverses: $0) }
                ?? applied(product.mode, block, m)
        }
    }

    private func applied(_ mode: KroneckerProduct.Mode, _ block: Block, _ m: Node) throws -> Node {
        if mode == .product, !isCorrected(block) { return try multiplied(block, m) }
        // Into the eigenbases, scaled, and back.
        let bases = try bases(block, .real)
        var turned = m
        for (axis, rows) in bases { turned = try times(rows, turned, axis: axis) }
        let gains = try graph.cast(gains(mode, block), to: .real)
        turned = try graph.multiply(
            turned, graph.broadcast(gains, to: graph.shape(turned), axes: Array(0..<graph.shape(gains).rank)))
        for (axis, rows) in bases { turned = try times(rows, turned, axis: axis, isTransposed: true) }
        return turned
    }

    /// The product with a block's own factors.
    private func multiplied(_ block: Block, _ m: Node) throws -> Node {
        var product = m
        for (axis, factor) in block.factors.enumerated() {
            guard let factor else { continue }
            if factor.isDiagonal {
                let diagonal = try graph.cast(diagonal(of: factor), to: .real)
                product = try graph.multiply(
                    product, graph.broadcast(diagonal, to: graph.shape(product), axes: [axis]))
            } else {
                let entries = try graph.reshape(entries(of: factor), Shape([factor.size, factor.size]))
                product = try times(graph.cast(entries, to: .real), product, axis: axis)
            }
        }
        return product
    }

    // MARK: Eigenvalues

    func isCorrected(_ block: Block) -> Bool { corrections != nil && block.correction != nil }

    /// Of a block, in the order of its eigenbases: (outputs, inputs), or (entries).
    func spectrum(_ block: Block) throws -> Node {
        let sizes = block.factors.indices.map { size(of: block, axis: $0) }
        if let corrections, let start = block.correction {
            let values = try graph.slice(corrections, axis: 0, start: start, count: sizes.reduce(1, *))
            return try graph.reshape(values, Shape(sizes.map { Dimension($0) }))
        }
        return try outer(sizes.indices.map { try eigenvalues(block, axis: $0) })
    }
    func eigenvalues(_ block: Block, axis: Int) throws -> Node {
        guard let factor = block.factors[axis] else {
            return try graph.filled(1, Shape([size(of: block, axis: axis)]), .float64)
        }
        return try factor.isDiagonal ? diagonal(of: factor) : eigenvalues(of: factor)
    }
    private func size(of block: Block, axis: Int) -> Int {
        switch block.form {
        case .kronecker(_, _, let outputs, let input, _): axis == 0 ? outputs : input.size
        case .single: shapes[block.parameters[0]].reduce(1, *)
        }
    }
    /// The product of vectors, an axis for each.
    func outer(_ vectors: [Node]) throws -> Node {
        guard vectors.count > 1 else { return vectors[0] }
        let shape = Shape(vectors.map { graph.shape($0)[0] })
        return try graph.multiply(
            graph.broadcast(vectors[0], to: shape, axes: [0]), graph.broadcast(vectors[1], to: shape, axes: [1]))
    }

    /// What entries in the eigenbases are multiplied with.
    func gains(_ mode: KroneckerProduct.Mode, _ block: Block) throws -> Node {
        switch mode {
        case .spectral(let function): return try eigenvalues(of: block, function)
        case .factorInverse, .heuristicInverse:
            let values = try block.factors.indices.map { try eigenvalues(block, axis: $0) }
            let dampings = try dampings(mode, block) { try graph.mean(values[$0], axes: [0]) }
            return try graph.reciprocal(outer(zip(values, dampings).map { try shifted($0, by: $1) }))
        }
    }
    func shifted(_ x: Node, by scalar: Node) throws -> Node {
        try graph.add(x, graph.broadcast(scalar, to: graph.shape(x), axes: []))
    }
    func number(_ value: Double) throws -> Node { try graph.filled(value, .scalar, .float64) }

    // MARK: Eigenvectors

    /// The eigenvectors of a block's factors, one in each row, and the axis they are about.
    func bases(_ block: Block, _ element: ElementType) throws -> [(axis: Int, rows: Node)] {
        try block.factors.enumerated().compactMap { axis, factor in
            guard let factor, !factor.isDiagonal else { return nil }
            let entries = try graph.slice(
                eigen!, axis: 0, start: factor.eigen! + factor.size, count: factor.size * factor.size)
            let rows = try graph.reshape(entries, Shape([factor.size, factor.size]))
            return (axis, try graph.cast(rows, to: element))
        }
    }

    /// A matrix applied along an axis.
    func times(_ matrix: Node, _ x: Node, axis: Int, isTransposed: Bool = false) throws -> Node {
        let labels = Array(0..<graph.shape(x).rank)
        let fresh = labels.count
        return try graph.contract(
            matrix, isTransposed ? [axis, fresh] : [fresh, axis], x, labels,
            to: labels.map { $0 == axis ? fresh : $0 })
    }

    // MARK: Factors

    func entries(of factor: FactorLayout.Factor) throws -> Node {
        try graph.slice(factors, axis: 0, start: factor.offset, count: factor.count)
    }
    func diagonal(of factor: FactorLayout.Factor) throws -> Node {
        let entries = try entries(of: factor)
        return try factor.isDiagonal
            ? entries : graph.slice(entries, axis: 0, start: 0, step: factor.size + 1, count: factor.size)
    }
    private func eigenvalues(of factor: FactorLayout.Factor) throws -> Node {
        try graph.slice(eigen!, axis: 0, start: factor.eigen!, count: factor.size)
    }

    // MARK: Parameter space

    /// A vector, or a block of `columns`, from each block's matrix (outputs, inputs) or vector. What no block is about is zero.
    func assembled(_ element: ElementType, _ columns: [Dimension], _ content: (Block) throws -> Node) throws -> Node {
        try assembled(element, columns) { try content($1) }
    }

    /// The same, for content that depends on the block's number too.
    private func assembled(
        _ element: ElementType, _ columns: [Dimension], _ content: (Int, Block) throws -> Node
    ) throws -> Node {
        var results: [Node?] = shapes.map { _ in nil }
        for (number, block) in layout.blocks.enumerated() {
            var own = try content(number, block)
            switch block.form {
            case .single: results[block.parameters[0]] = own
            case .kronecker(let matrix, _, let outputs, _, let isJoint):
                if isJoint {
                    let inputs = matrix.inputs
                    let bias = try graph.slice(own, axis: 1, start: inputs, count: 1)
                    results[block.parameters[1]] = try graph.reshape(bias, Shape([Dimension(outputs)] + columns))
                    own = try graph.slice(own, axis: 1, start: 0, count: inputs)
                }
                results[block.parameters[0]] = try unfolded(own, matrix, columns)
            }
        }
        return try graph.concatenate(
            zip(results, shapes).map { result, shape in
                try result ?? graph.filled(0, Shape([Dimension(shape.reduce(1, *))] + columns), element)
            }, axis: 0)
    }

    /// What a block is applied to: of a weight, its matrix, the bias as last column where they are joint.
    private func matrix(of block: Block, _ pieces: [Node], _ columns: [Dimension]) throws -> Node {
        let piece = pieces[block.parameters[0]]
        guard case .kronecker(let matrix, _, let outputs, _, let isJoint) = block.form else { return piece }
        let weight = try folded(piece, matrix, columns)
        guard isJoint else { return weight }
        let bias = try graph.reshape(pieces[block.parameters[1]], Shape([Dimension(outputs), 1] + columns))
        return try graph.concatenate([weight, bias], axis: 1)
    }

    /// A stored parameter as its matrix (outputs, inputs).
    private func folded(_ piece: Node, _ matrix: MatrixLayout, _ columns: [Dimension]) throws -> Node {
        let stored = try graph.reshape(piece, Shape(matrix.shape.map { Dimension($0) } + columns))
        let turned = try graph.permute(stored, axes(matrix, columns))
        return try graph.reshape(turned, Shape([Dimension(matrix.outputs), Dimension(matrix.inputs)] + columns))
    }
    private func unfolded(_ m: Node, _ matrix: MatrixLayout, _ columns: [Dimension]) throws -> Node {
        let order = axes(matrix, columns)
        let sizes = matrix.shape.map { Dimension($0) } + columns
        let turned = try graph.reshape(m, Shape(order.map { sizes[$0] }))
        var inverse = order
        for (place, axis) in order.enumerated() { inverse[axis] = place }
        let stored = try graph.permute(turned, inverse)
        return try graph.reshape(stored, Shape([Dimension(matrix.outputs * matrix.inputs)] + columns))
    }
    /// Outputs, inputs, axes of size 1, columns.
    private func axes(_ matrix: MatrixLayout, _ columns: [Dimension]) -> [Int] {
        let rank = matrix.shape.count
        let own = matrix.outputAxes + matrix.inputAxes
        return own + (0..<rank).filter { !own.contains($0) } + (columns.isEmpty ? [] : [rank])
    }
}

extension SpectralFunction {
    /// Of eigenvalues. Roots are those of positive semidefinite operators: what rounding makes negative is zero, and what is negative beyond that has none.
    func applied(to eigenvalues: Node, in graph: TensorGraph) throws -> Node {
        var base = try scale == 1 ? eigenvalues : graph.scale(eigenvalues, by: scale)
        if shift != 0 { base = try graph.add(base, graph.filled(shift, like: base)) }
        if exponent == 1 { return base }
        if exponent == -1 { return try graph.reciprocal(base) }
        if exponent == exponent.rounded() {
            return try graph.binary(.power, base, graph.filled(exponent, like: base))
        }
        let positive = try graph.binary(.maximum, base, graph.filled(0, like: base))
        let allowed = try graph.select(graph.vanishes(base, tolerance: 1000), positive, base)
        switch exponent {
        case 0.5: return try graph.sqrt(allowed)
        case -0.5: return try graph.reciprocal(graph.sqrt(allowed))
        default: return try graph.binary(.power, allowed, graph.filled(exponent, like: allowed))
        }
    }
}

extension TensorGraph {
    /// Where a value, beside the number of values times the largest and a tolerance, is nothing in the run's precision.
    func vanishes(_ values: Node, tolerance: Double = 1) throws -> Node {
        let shape = shape(values)
        let largest = try maximum(unary(.absolute, values), axes: Array(0..<shape.rank))
        let count = Double(shape.dimensions.map(\.inner).max() ?? 1)
        let share = try divide(values, broadcast(scale(largest, by: count * tolerance), to: shape, axes: []))
        let beside = try cast(add(share, filled(1, like: share)), to: .real)
        return try equal(beside, filled(1, like: beside))
    }
}
