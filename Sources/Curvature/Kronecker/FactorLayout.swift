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
    }
    package private(set) var blocks: [Block] = []
    package private(set) var count = 0
    package private(set) var matrices: [SymmetricEigen.Matrix] = []
    package var eigenCount: Int { matrices.reduce(0) { $0 + $1.count } }

    /// The layout of `factors`, with their nodes in packed order.
    static func make(_ factors: [LayerFactors], _ graph: TensorGraph) -> (layout: FactorLayout, nodes: [Node]) {
        var layout = FactorLayout()
        var nodes: [Node] = []
        for layer in factors {
            if let weight = layer.weight {
                let parameters = [layer.layer.weight!] + (layer.isJoint ? [layer.layer.bias!] : [])
                layout.add(weight, layer, parameters, graph, &nodes)
            }
            if let bias = layer.bias { layout.add(bias, layer, [layer.layer.bias!], graph, &nodes) }
        }
        return (layout, nodes)
    }

    private mutating func add(
        _ block: FactorBlock, _ layer: LayerFactors, _ parameters: [Int], _ graph: TensorGraph, _ nodes: inout [Node]
    ) {
        func isDiagonal(_ node: Node) -> Bool { graph.shape(node).rank == 1 }
        func factor(_ node: Node) -> Factor {
            var factor = Factor(
                offset: count, size: graph.shape(node)[0].inner, isDiagonal: isDiagonal(node))
            if !factor.isDiagonal {
                factor.eigen = eigenCount
                matrices.append(SymmetricEigen.Matrix(offset: count, size: factor.size))
            }
            count += factor.count
            nodes.append(node)
            return factor
        }
        let form: Form
        switch block {
        case .kronecker(let output, let input), .table(let output, let input):
            guard let layout = layer.layer.matrixLayout else { preconditionFailure("a matrix without a layout") }
            let own = output.map(factor)
            form = .kronecker(
                layout, output: own, outputs: layout.outputs, input: factor(input), isJoint: layer.isJoint)
        case .full(let node), .diagonal(let node): form = .single(factor(node), count: graph.shape(node)[0].inner)
        case .identity: form = .single(nil, count: -1)
        }
        blocks.append(Block(form: form, parameters: parameters))
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
