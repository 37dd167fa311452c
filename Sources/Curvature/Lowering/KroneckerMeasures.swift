import TensorIR

/// Closed forms of Kronecker-factored operators (mathematics.md, section 8): sums over blocks of what their factors say.
extension KroneckerAlgebra {
    func measure(_ measure: KroneckerMeasure) throws -> Node {
        switch measure {
        case .trace: return try sum { try self.trace($0) }
        case .frobeniusNorm: return try graph.sqrt(sum { try self.squaredNorm($0) })
        case .logdet(let scale, let shift):
            return try sum { block in
                let eigenvalues = try self.eigenvalues(block)
                let shifted = try graph.add(
                    graph.scale(eigenvalues, by: scale), graph.filled(shift, like: eigenvalues))
                return try graph.sum(graph.log(shifted), axes: Array(0..<graph.shape(shifted).rank))
            }
        case .diagonal: return try diagonal()
        case .eigenvalues:
            let all = try layout.blocks.map { block in
                let own = try self.eigenvalues(block)
                return try graph.reshape(own, Shape([graph.shape(own).factor]))
            }
            return try real(graph.concatenate(all, axis: 0))
        }
    }

    /// In float64.
    private func sum(_ part: (FactorLayout.Block) throws -> Node) throws -> Node {
        try layout.blocks.reduce(graph.filled(0, .scalar, .float64)) { try graph.add($0, part($1)) }
    }
    private func number(_ value: Double) throws -> Node { try graph.filled(value, .scalar, .float64) }
    private func total(_ x: Node) throws -> Node { try graph.sum(x, axes: Array(0..<graph.shape(x).rank)) }
    private func entryCount(_ block: FactorLayout.Block) -> Int { shapes[block.parameters[0]].reduce(1, *) }

    private func trace(_ block: FactorLayout.Block) throws -> Node {
        if let correction = try correction(block) { return try total(correction) }
        switch block.form {
        case .kronecker(_, let output, let outputs, let input, _):
            let b = try output.map { try total(diagonal($0)) } ?? number(Double(outputs))
            return try graph.multiply(b, total(diagonal(input)))
        case .single(let factor?, _): return try total(diagonal(factor))
        case .single(nil, _): return try number(Double(entryCount(block)))
        }
    }

    private func squaredNorm(_ block: FactorLayout.Block) throws -> Node {
        if let correction = try correction(block) { return try total(graph.square(correction)) }
        func square(_ factor: FactorLayout.Factor) throws -> Node { try total(graph.square(entries(factor))) }
        switch block.form {
        case .kronecker(_, let output, let outputs, let input, _):
            let b = try output.map(square) ?? number(Double(outputs))
            return try graph.multiply(b, square(input))
        case .single(let factor?, _): return try square(factor)
        case .single(nil, _): return try number(Double(entryCount(block)))
        }
    }

    /// All eigenvalues of a block, (outputs, inputs) or (n).
    private func eigenvalues(_ block: FactorLayout.Block) throws -> Node {
        if let correction = try correction(block) { return correction }
        func own(_ factor: FactorLayout.Factor) throws -> Node {
            try factor.isDiagonal ? diagonal(factor) : eigenvalues(factor)
        }
        switch block.form {
        case .kronecker(_, let output, let outputs, let input, _):
            return try outer(output.map(own) ?? graph.filled(1, Shape([outputs]), .float64), own(input))
        case .single(let factor?, _): return try own(factor)
        case .single(nil, _): return try graph.filled(1, Shape([entryCount(block)]), .float64)
        }
    }

    /// The diagonals of all blocks at their parameters' places, in the run's precision.
    private func diagonal() throws -> Node {
        var pieces: [Node?] = shapes.map { _ in nil }
        for block in layout.blocks {
            switch block.form {
            case .single(let factor, _):
                let place = block.parameters[0]
                let values: Node
                if let correction = try correction(block), let factor {
                    let squares = try graph.square(wideEigenvectors(factor))
                    values = try graph.contract(correction, [0], squares, [0, 1], to: [1])
                } else {
                    values = try factor.map(diagonal) ?? graph.filled(1, Shape([entryCount(block)]), .float64)
                }
                pieces[place] = try real(values)
            case .kronecker(let matrix, let output, let outputs, let input, let isJoint):
                var values: Node
                if let correction = try correction(block) {
                    values = try graph.reshape(correction, Shape([outputs, input.size]))
                    // (Q_B * Q_B) Lambda (Q_A * Q_A)^T; eigenvectors are rows here.
                    if let output {
                        let squares = try graph.square(wideEigenvectors(output))
                        values = try graph.contract(squares, [0, 2], values, [0, 1], to: [2, 1])
                    }
                    if !input.isDiagonal {
                        let squares = try graph.square(wideEigenvectors(input))
                        values = try graph.contract(values, [0, 1], squares, [1, 2], to: [0, 2])
                    }
                } else {
                    let b = try output.map(diagonal) ?? graph.filled(1, Shape([outputs]), .float64)
                    values = try outer(b, diagonal(input))
                }
                if isJoint {
                    let bias = try graph.slice(values, axis: 1, start: matrix.inputs, count: 1)
                    pieces[block.parameters[1]] = try real(graph.reshape(bias, Shape([outputs])))
                    values = try graph.slice(values, axis: 1, start: 0, count: matrix.inputs)
                }
                pieces[block.parameters[0]] = try unfolded(real(values), matrix, [])
            }
        }
        return try graph.concatenate(
            zip(pieces, shapes).map { piece, shape in
                let count = Shape([shape.reduce(1, *)])
                return try piece.map { try graph.reshape($0, count) } ?? graph.filled(0, count)
            }, axis: 0)
    }
}
