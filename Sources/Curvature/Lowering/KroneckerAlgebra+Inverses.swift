import TensorIR

/// Inverses of damped factors (mathematics.md, section 7), without their eigenvectors.
extension KroneckerAlgebra {
    /// What is added to the factors of a block, each a scalar.
    /// - Parameter mean: The mean eigenvalue of an axis's factor.
    func dampings(_ mode: KroneckerProduct.Mode, _ block: Block, mean: (Int) throws -> Node) throws -> [Node] {
        switch mode {
        case .spectral: preconditionFailure("an operator is damped as a whole")
        case .factorInverse(let damping): return try block.factors.map { _ in try number(damping) }
        case .heuristicInverse(let damping):
            guard block.factors.count > 1 else { return [try number(max(damping, 1e-8))] }
            let (meanB, meanA) = (try mean(0), try mean(1))
            let (zero, least) = (try number(0), try number(1e-8))
            let isPlain = try graph.binary(.or, graph.equal(meanB, zero), graph.equal(meanA, zero))
            let ratio = try graph.sqrt(graph.divide(meanA, meanB))
            let pi = try graph.select(isPlain, number(1), ratio)
            let root = try number(damping.squareRoot())
            return [
                try graph.binary(.maximum, graph.divide(root, pi), least),
                try graph.binary(.maximum, graph.multiply(pi, root), least),
            ]
        }
    }

    /// A mean eigenvalue is a mean of the diagonal.
    private func dampings(_ mode: KroneckerProduct.Mode, _ block: Block) throws -> [Node] {
        try dampings(mode, block) { try graph.mean(diagonal(block, axis: $0), axes: [0]) }
    }

    /// The inverses of all factors, packed as ``InverseLayout`` has it.
    func inverses(_ product: KroneckerProduct) throws -> Node {
        let matrices = product.inverses(layout).matrices
        let own = try matrices.map { entry in
            try graph.reshape(dampings(product.mode, layout.blocks[entry.block])[entry.axis], Shape([1]))
        }
        return try graph.append(
            DampedInverses(matrices.map(\.matrix)), factors, graph.concatenate(own, axis: 0))
    }

    /// The product with a block's inverses, which stand in `inverses`.
    func applied(_ product: KroneckerProduct, number: Int, _ m: Node, inverses: Node) throws -> Node {
        let (block, places) = (layout.blocks[number], product.inverses(layout))
        let dampings = try dampings(product.mode, block)
        var result = m
        for axis in block.factors.indices {
            if let start = places.start(block: number, axis: axis) {
                let size = block.factors[axis]!.size
                let entries = try graph.slice(inverses, axis: 0, start: start, count: size * size)
                let matrix = try graph.cast(
                    graph.reshape(entries, Shape([Dimension(size), Dimension(size)])), to: .real)
                result = try times(matrix, result, axis: axis)
            } else {
                let gains = try graph.reciprocal(shifted(diagonal(block, axis: axis), by: dampings[axis]))
                result = try graph.multiply(
                    result,
                    graph.broadcast(graph.cast(gains, to: .real), to: graph.shape(result), axes: [axis]))
            }
        }
        return result
    }

    /// Of a factor of a block, or of the identity where it has none.
    func diagonal(_ block: Block, axis: Int) throws -> Node {
        try block.factors[axis].map { try diagonal(of: $0) } ?? eigenvalues(block, axis: axis)
    }
}
