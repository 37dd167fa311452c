import TensorIR

/// Where the factors of a Kronecker-factored curvature lie in one packed vector, and which parameters each block is about.
package struct FactorLayout: Hashable, Sendable {
    /// A factor, or nothing for an identity: `size` x `size` from `offset` on; `isDiagonal` where only the diagonal is there.
    package struct Factor: Hashable, Sendable {
        package var offset: Int
        package var size: Int
        package var isDiagonal = false
        /// Its eigendecomposition in the packed vector of those; nil for a diagonal.
        package var eigen: Int?
        package var count: Int { isDiagonal ? size : size * size }
    }
    package enum Form: Hashable, Sendable {
        /// dW -> B dW A on the matrix of the weight, or of [W | b]. No B means the identity of `outputs`.
        case kronecker(MatrixLayout, output: Factor?, outputs: Int, input: Factor, isJoint: Bool)
        /// On the parameter's entries as stored; no factor means the identity.
        case single(Factor?, count: Int)
    }
    package struct Block: Hashable, Sendable {
        package var form: Form
        /// Places in the selection: the weight, and a bias that is joint with it; or one parameter.
        package var parameters: [Int]
        /// Where EKFAC's eigenvalues of the block begin, (outputs, inputs) or (outputs); nil for a block that is exact without.
        package var correction: Int?
        /// Of the layer, and how often it is used.
        package var role: FactoredLayer.Role
        package var uses: Int

        /// One for each axis of the block's matrix (outputs, inputs) or vector; nil for identities.
        package var factors: [Factor?] {
            switch form {
            case .kronecker(_, let output, _, let input, _): [output, input]
            case .single(let factor, _): [factor]
            }
        }
        package var correctionCount: Int {
            switch form {
            case .kronecker(_, _, let outputs, let input, _): outputs * input.size
            case .single(_, let count): count
            }
        }
    }
    package private(set) var blocks: [Block] = []
    package private(set) var count = 0
    package private(set) var matrices: [SymmetricEigen.Matrix] = []
    package private(set) var correctionCount = 0
    package var eigenCount: Int { matrices.reduce(0) { $0 + $1.count } }

    /// The layout of `factors`, with their nodes in packed order.
    static func make(_ factors: [LayerFactors], _ graph: TensorGraph) -> (layout: FactorLayout, nodes: [Node]) {
        var layout = FactorLayout()
        var nodes: [Node] = []
        var places: [Node: Factor] = [:]
        func factor(_ node: Node) -> Factor {
            // A bias has the output factor of its weight: it is there, and decomposed, once.
            if let known = places[node] { return known }
            let own = layout.addFactor(size: graph.shape(node)[0].inner, isDiagonal: graph.shape(node).rank == 1)
            nodes.append(node)
            places[node] = own
            return own
        }
        for layer in factors {
            for (block, parameters, isBias) in layer.blocks {
                switch block {
                case .kronecker(let output, let input), .table(let output, let input):
                    guard let matrix = layer.layer.matrixLayout else {
                        preconditionFailure("a matrix without a layout")
                    }
                    let own = output.map(factor)
                    layout.addBlock(
                        .kronecker(
                            matrix, output: own, outputs: matrix.outputs, input: factor(input), isJoint: layer.isJoint),
                        parameters, of: layer.layer, isCorrected: true)
                case .full(let node), .diagonal(let node):
                    let count = graph.shape(node)[0].inner
                    layout.addBlock(
                        .single(factor(node), count: count), parameters, of: layer.layer, isCorrected: isBias)
                case .identity:
                    layout.addBlock(.single(nil, count: -1), parameters, of: layer.layer, isCorrected: false)
                }
            }
        }
        return (layout, nodes)
    }

    mutating func addFactor(size: Int, isDiagonal: Bool = false) -> Factor {
        var factor = Factor(offset: count, size: size, isDiagonal: isDiagonal)
        if !isDiagonal {
            factor.eigen = eigenCount
            matrices.append(SymmetricEigen.Matrix(offset: count, size: size))
        }
        count += factor.count
        return factor
    }

    mutating func addBlock(_ form: Form, _ parameters: [Int], of layer: FactoredLayer, isCorrected: Bool) {
        var block = Block(form: form, parameters: parameters, role: layer.role, uses: layer.useCount)
        if isCorrected {
            block.correction = correctionCount
            correctionCount += block.correctionCount
        }
        blocks.append(block)
    }

    /// Where eigenvalues that are equal make EKFAC's depend on the choice of eigenvectors.
    var eigenspaces: [EigenspaceMeans.Block] {
        blocks.compactMap { block in
            guard let start = block.correction else { return nil }
            func axis(_ factor: Factor?, _ size: Int) -> EigenspaceMeans.Axis {
                EigenspaceMeans.Axis(eigenvalues: factor?.eigen, size: size)
            }
            switch block.form {
            case .kronecker(_, let output, let outputs, let input, _):
                return EigenspaceMeans.Block(
                    offset: start, rows: axis(output, outputs), columns: axis(input, input.size))
            case .single(let factor, let count):
                return EigenspaceMeans.Block(offset: start, rows: axis(factor, count), columns: axis(nil, 1))
            }
        }
    }
}

extension LayerFactors {
    /// The blocks, with the parameters that each is about: the weight's, then the bias's own.
    fileprivate var blocks: [(block: FactorBlock, parameters: [Int], isBias: Bool)] {
        var blocks: [(FactorBlock, [Int], Bool)] = []
        if let weight {
            blocks.append((weight, [layer.weight!] + (isJoint ? [layer.bias!] : []), false))
        }
        if let bias { blocks.append((bias, [layer.bias!], true)) }
        return blocks
    }
}

extension FactoredLayer {
    /// How the weight is a matrix, if it is one.
    var matrixLayout: MatrixLayout? {
        switch role {
        case .affine(let layout), .table(let layout): layout
        default: nil
        }
    }
}
