import TensorIR

/// Closed forms (mathematics.md, section 8): what functions of a Kronecker-factored operator are as a whole.
extension KroneckerAlgebra {
    /// Scalars in float64, vectors and blocks in the run's precision.
    func value(_ function: KroneckerFunction, of spectral: SpectralFunction) throws -> Node {
        switch function {
        case .trace: return try total { try trace(of: $0, spectral) }
        case .frobeniusNorm: return try graph.sqrt(total { try squaredNorm(of: $0, spectral) })
        case .logdet: return try total { try sum(graph.log(definite($0, spectral))) }
        case .diagonal:
            return try graph.cast(assembled(.float64, []) { try diagonal(of: $0, spectral) }, to: .real)
        case .eigenvalues(let count, let end):
            let values = try spectra(spectral)
            let order = try graph.append(ExtremeEntries(count: count, end.order), values)
            return try graph.cast(graph.append(Gather(), values, order), to: .real)
        case .eigenvectors(let count, let end):
            let order = try graph.append(ExtremeEntries(count: count, end.order), spectra(spectral))
            return try eigenvectors(at: order, count: count)
        }
    }

    private func sum(_ x: Node) throws -> Node { try graph.sum(x, axes: Array(0..<graph.shape(x).rank)) }
    private func total(_ part: (Block) throws -> Node) throws -> Node {
        try layout.blocks.reduce(number(0)) { try graph.add($0, part($1)) }
    }

    // MARK: Block by block

    /// Whether the factors themselves say it, without a decomposition.
    private func isPlain(_ block: Block, _ function: SpectralFunction) -> Bool {
        function == .identity && !isCorrected(block)
    }
    func eigenvalues(of block: Block, _ function: SpectralFunction) throws -> Node {
        // What vanishes has no inverse, whatever rounding makes of it.
        guard function.shift == 0, function.exponent < 0 else {
            return try function.applied(to: spectrum(block), in: graph)
        }
        return try definite(block, function)
    }

    private func trace(of block: Block, _ function: SpectralFunction) throws -> Node {
        guard isPlain(block, function) else { return try sum(eigenvalues(of: block, function)) }
        return try product(block) { try sum(diagonal(of: $0)) }
    }
    private func squaredNorm(of block: Block, _ function: SpectralFunction) throws -> Node {
        guard isPlain(block, function) else { return try sum(graph.square(eigenvalues(of: block, function))) }
        return try product(block) { try sum(graph.square(entries(of: $0))) }
    }
    /// Over a block's factors; identities count with their size, which is both their trace and the square of their norm.
    private func product(_ block: Block, _ measure: (FactorLayout.Factor) throws -> Node) throws -> Node {
        let parts = try block.factors.indices.map { axis in
            try block.factors[axis].map(measure) ?? sum(eigenvalues(block, axis: axis))
        }
        return try parts.dropFirst().reduce(parts[0]) { try graph.multiply($0, $1) }
    }

    /// (outputs, inputs), or (entries).
    private func diagonal(of block: Block, _ function: SpectralFunction) throws -> Node {
        guard isPlain(block, function) else {
            return try bases(block, .float64).reduce(eigenvalues(of: block, function)) { values, basis in
                try times(graph.square(basis.rows), values, axis: basis.axis, isTransposed: true)
            }
        }
        return try outer(
            block.factors.indices.map { axis in
                try block.factors[axis].map { try diagonal(of: $0) } ?? eigenvalues(block, axis: axis)
            })
    }

    // MARK: Determinants

    /// Eigenvalues whose logarithms or inverses are taken: those that vanish in the rounding of a factor are zero.
    private func definite(_ block: Block, _ function: SpectralFunction) throws -> Node {
        guard function.shift == 0 else { return try eigenvalues(of: block, function) }
        if isCorrected(block) { return try function.applied(to: rounded(spectrum(block)), in: graph) }
        let values = try block.factors.indices.map { try rounded(eigenvalues(block, axis: $0)) }
        return try function.applied(to: outer(values), in: graph)
    }
    /// Zero where a value is nothing beside the largest.
    private func rounded(_ values: Node) throws -> Node {
        try graph.select(graph.vanishes(values), graph.filled(0, like: values), values)
    }

    // MARK: Spectra

    /// All eigenvalues, block after block.
    private func spectra(_ function: SpectralFunction) throws -> Node {
        let parts = try layout.blocks.map { block in
            let values = try eigenvalues(of: block, function)
            return try graph.reshape(values, [Dimension(graph.shape(values).factor)])
        }
        return try graph.concatenate(parts, axis: 0)
    }

    /// (D, count): unit vectors in the eigenbases, turned back. Only those that are asked for are formed.
    private func eigenvectors(at places: Node, count: Int) throws -> Node {
        let size = shapes.reduce(0) { $0 + $1.reduce(1, *) }
        let units = try graph.constant(
            Constant([count, count], (0..<count * count).map { $0 / count == $0 % count ? 1.0 : 0 }))
        let chosen = try graph.append(ScatterAdd(rows: size), units, places)
        var start = 0
        return try assembled(.real, [Dimension(count)]) { block in
            let shape = try graph.shape(spectrum(block))
            let part = try graph.slice(chosen, axis: 0, start: start, count: shape.factor)
            start += shape.factor
            let own = try graph.reshape(part, Shape(shape.dimensions + [Dimension(count)]))
            return try bases(block, .real).reduce(own) { try times($1.rows, $0, axis: $1.axis, isTransposed: true) }
        }
    }
}

extension SpectrumEnd {
    var order: ExtremeEntries.Order {
        switch self {
        case .largestMagnitude: .largestMagnitude
        case .largest: .largest
        case .smallest: .smallest
        }
    }
}
