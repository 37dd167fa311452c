import TensorIR

/// Products with Kronecker-factored operators and their inverses on packed factors: nothing of a block's own size squared is formed.
struct KroneckerAlgebra {
    let graph: TensorGraph
    let layout: FactorLayout
    /// Shapes of the selected parameters, in order.
    let shapes: [[Int]]
    /// Packed factors, in float64.
    let factors: Node
    /// Packed eigendecompositions of them, where they are needed.
    let eigen: Node?
    /// EKFAC's eigenvalues.
    let corrections: Node?

    // MARK: Products

    /// - Parameter x: (D) or (D, k), in the run's precision.
    func product(_ mode: KroneckerProduct.Mode, _ x: Node) throws -> Node {
        let hasColumns = graph.shape(x).rank == 2
        let columns = hasColumns ? [graph.shape(x)[1]] : []
        var pieces: [Node] = []
        var start = 0
        for shape in shapes {
            let count = shape.reduce(1, *)
            pieces.append(try graph.slice(x, axis: 0, start: start, count: count))
            start += count
        }
        // What no block is about stays zero.
        var results: [Node?] = pieces.map { _ in nil }
        for block in layout.blocks {
            switch block.form {
            case .single(let factor, _):
                let place = block.parameters[0]
                results[place] = try single(mode, factor, correction(block), pieces[place], hasColumns)
            case .kronecker(let matrix, let output, let outputs, let input, let isJoint):
                let weight = block.parameters[0]
                var m = try folded(pieces[weight], matrix, columns)
                if isJoint {
                    let bias = try graph.reshape(pieces[block.parameters[1]], Shape([Dimension(outputs), 1] + columns))
                    m = try graph.concatenate([m, bias], axis: 1)
                }
                let scales = try scales(mode, output, outputs, input, correction(block))
                var result = try kronecker(output, input, scales, m, hasColumns)
                if isJoint {
                    let inputs = matrix.inputs
                    let bias = try graph.slice(result, axis: 1, start: inputs, count: 1)
                    results[block.parameters[1]] = try graph.reshape(bias, Shape([Dimension(outputs)] + columns))
                    result = try graph.slice(result, axis: 1, start: 0, count: inputs)
                }
                results[weight] = try unfolded(result, matrix, columns)
            }
        }
        return try graph.concatenate(
            zip(results, pieces).map { result, piece in try result ?? graph.zeros(like: piece) }, axis: 0)
    }

    /// A stored parameter as its matrix (outputs, inputs).
    func folded(_ piece: Node, _ matrix: MatrixLayout, _ columns: [Dimension]) throws -> Node {
        let stored = try graph.reshape(piece, Shape(matrix.shape.map { Dimension($0) } + columns))
        let turned = try graph.permute(stored, axes(matrix, columns))
        return try graph.reshape(turned, Shape([Dimension(matrix.outputs), Dimension(matrix.inputs)] + columns))
    }
    func unfolded(_ m: Node, _ matrix: MatrixLayout, _ columns: [Dimension]) throws -> Node {
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

    /// dM -> B dM A, or Q_B (scales * (Q_B^T dM Q_A)) Q_A^T.
    private func kronecker(
        _ output: FactorLayout.Factor?, _ input: FactorLayout.Factor, _ scales: Node?, _ m: Node, _ hasColumns: Bool
    ) throws -> Node {
        guard let scales else {
            let left = try output.map { try times(matrix($0), m, axis: 0, hasColumns) } ?? m
            if input.isDiagonal {
                let diagonal = try real(diagonal(input))
                return try graph.multiply(left, graph.broadcast(diagonal, to: graph.shape(left), axes: [1]))
            }
            return try times(matrix(input), left, axis: 1, hasColumns)
        }
        // Into the eigenbases, scaled there, and back.
        let vectors = (output: try output.map(eigenvectors), input: input.isDiagonal ? nil : try eigenvectors(input))
        var rotated = m
        if let rows = vectors.output { rotated = try times(rows, rotated, axis: 0, hasColumns) }
        if let rows = vectors.input { rotated = try times(rows, rotated, axis: 1, hasColumns) }
        rotated = try graph.multiply(rotated, graph.broadcast(real(scales), to: graph.shape(rotated), axes: [0, 1]))
        if let rows = vectors.output { rotated = try times(rows, rotated, axis: 0, hasColumns, isTransposed: true) }
        if let rows = vectors.input { rotated = try times(rows, rotated, axis: 1, hasColumns, isTransposed: true) }
        return rotated
    }

    /// What an entry in the eigenbases is multiplied with, (outputs, inputs); nil where the factors themselves are applied.
    private func scales(
        _ mode: KroneckerProduct.Mode, _ output: FactorLayout.Factor?, _ outputs: Int, _ input: FactorLayout.Factor,
        _ correction: Node?
    ) throws -> Node? {
        if let correction {
            let own = try graph.reshape(correction, Shape([outputs, input.size]))
            return try scales(mode, eigenvalues: own)
        }
        if mode == .product { return nil }
        let b = try output.map(eigenvalues) ?? graph.filled(1, Shape([outputs]), .float64)
        let a = try input.isDiagonal ? diagonal(input) : eigenvalues(input)
        return try graph.reciprocal(denominator(mode, b, a))
    }

    /// The same where the block's eigenvalues are given.
    private func scales(_ mode: KroneckerProduct.Mode, eigenvalues: Node) throws -> Node {
        let (scale, shift): (Double, Double)
        switch mode {
        case .product: return eigenvalues
        case .factorInverse(let damping): (scale, shift) = (1, damping)
        case .heuristicInverse(let damping): (scale, shift) = (1, max(damping, 1e-8))
        case .shiftedInverse(let factor, let summand): (scale, shift) = (factor, summand)
        }
        let sum = try graph.add(graph.scale(eigenvalues, by: scale), graph.filled(shift, like: eigenvalues))
        return try graph.reciprocal(sum)
    }

    /// b a^T, (outputs, inputs).
    func outer(_ b: Node, _ a: Node) throws -> Node {
        let shape = Shape([graph.shape(b)[0], graph.shape(a)[0]])
        return try graph.multiply(
            graph.broadcast(b, to: shape, axes: [0]), graph.broadcast(a, to: shape, axes: [1]))
    }

    /// What an entry in the eigenbases is divided by, (outputs, inputs).
    private func denominator(_ mode: KroneckerProduct.Mode, _ b: Node, _ a: Node) throws -> Node {
        func added(_ x: Node, _ scalar: Node) throws -> Node {
            try graph.add(x, graph.broadcast(scalar, to: graph.shape(x), axes: []))
        }
        switch mode {
        case .product: preconditionFailure("a product divides by nothing")
        case .factorInverse(let damping):
            let d = try graph.filled(damping, .scalar, .float64)
            return try outer(added(b, d), added(a, d))
        case .shiftedInverse(let scale, let shift):
            return try added(graph.scale(outer(b, a), by: scale), graph.filled(shift, .scalar, .float64))
        case .heuristicInverse(let damping):
            let (meanB, meanA) = (try graph.mean(b, axes: [0]), try graph.mean(a, axes: [0]))
            let zero = try graph.filled(0, .scalar, .float64)
            let one = try graph.filled(1, .scalar, .float64)
            let isPlain = try graph.binary(.or, graph.equal(meanB, zero), graph.equal(meanA, zero))
            let ratio = try graph.sqrt(graph.divide(meanA, meanB))
            let pi = try graph.select(isPlain, one, ratio)
            let root = try graph.filled(damping.squareRoot(), .scalar, .float64)
            let least = try graph.filled(1e-8, .scalar, .float64)
            let (dA, dB) = (
                try graph.binary(.maximum, graph.multiply(pi, root), least),
                try graph.binary(.maximum, graph.divide(root, pi), least)
            )
            return try outer(added(b, dB), added(a, dA))
        }
    }

    /// A block on a parameter's entries as they are stored.
    private func single(
        _ mode: KroneckerProduct.Mode, _ factor: FactorLayout.Factor?, _ correction: Node?, _ x: Node,
        _ hasColumns: Bool
    ) throws -> Node {
        func scaled(_ x: Node, _ eigenvalues: Node) throws -> Node {
            let scales = try real(scales(mode, eigenvalues: eigenvalues))
            return try graph.multiply(x, graph.broadcast(scales, to: graph.shape(x), axes: [0]))
        }
        guard let factor else {
            return try mode == .product ? x : scaled(x, graph.filled(1, Shape([graph.shape(x)[0]]), .float64))
        }
        if factor.isDiagonal { return try scaled(x, diagonal(factor)) }
        if mode == .product, correction == nil {
            return try times(matrix(factor), x, axis: 0, hasColumns, isVector: true)
        }
        let rows = try eigenvectors(factor)
        let rotated = try scaled(
            times(rows, x, axis: 0, hasColumns, isVector: true), correction ?? eigenvalues(factor))
        return try times(rows, rotated, axis: 0, hasColumns, isTransposed: true, isVector: true)
    }

    /// A matrix applied along an axis of (outputs, inputs [, k]) or (n [, k]).
    private func times(
        _ matrix: Node, _ x: Node, axis: Int, _ hasColumns: Bool, isTransposed: Bool = false, isVector: Bool = false
    ) throws -> Node {
        let labels = Array((isVector ? [0] : [0, 1]) + (hasColumns ? [2] : []))
        let fresh = 7
        let result = labels.enumerated().map { $0.offset == axis ? fresh : $0.element }
        return try graph.contract(
            matrix, isTransposed ? [labels[axis], fresh] : [fresh, labels[axis]], x, labels, to: result)
    }

    // MARK: Factors

    func real(_ x: Node) throws -> Node { try graph.cast(x, to: .real) }

    func matrix(_ factor: FactorLayout.Factor) throws -> Node {
        try real(wideMatrix(factor))
    }
    func wideMatrix(_ factor: FactorLayout.Factor) throws -> Node {
        try graph.reshape(entries(factor), Shape([factor.size, factor.size]))
    }
    func entries(_ factor: FactorLayout.Factor) throws -> Node {
        try graph.slice(factors, axis: 0, start: factor.offset, count: factor.count)
    }
    func diagonal(_ factor: FactorLayout.Factor) throws -> Node {
        let entries = try entries(factor)
        return try factor.isDiagonal
            ? entries : graph.slice(entries, axis: 0, start: 0, step: factor.size + 1, count: factor.size)
    }
    func eigenvalues(_ factor: FactorLayout.Factor) throws -> Node {
        try graph.slice(eigen!, axis: 0, start: factor.eigen!, count: factor.size)
    }
    /// One in each row.
    private func eigenvectors(_ factor: FactorLayout.Factor) throws -> Node { try real(wideEigenvectors(factor)) }
    func wideEigenvectors(_ factor: FactorLayout.Factor) throws -> Node {
        let entries = try graph.slice(
            eigen!, axis: 0, start: factor.eigen! + factor.size, count: factor.size * factor.size)
        return try graph.reshape(entries, Shape([factor.size, factor.size]))
    }
    /// EKFAC's eigenvalues of a block, packed; nil where the block's own are right.
    func correction(_ block: FactorLayout.Block) throws -> Node? {
        guard let corrections, let start = block.correction else { return nil }
        return try graph.slice(corrections, axis: 0, start: start, count: block.correctionCount)
    }
}
