import TensorIR

/// Where KFOC's rearranged blocks lie in one packed vector, and where its factors go. Behind the blocks come the factors of layers whose blocks are too
/// large to be there, as a search finds them.
package struct RearrangementLayout: Hashable, Sendable {
    package fileprivate(set) var nearest = NearestKronecker()
    package fileprivate(set) var count = 0
    /// What is searched for, in the order of layers.
    package fileprivate(set) var searched: [NearestKroneckerSearch.Block] = []
}

extension KroneckerLowering {
    /// Rearranged blocks of all layers that are matrices, and the exact blocks of what is none; with the layout of the factors that come out of
    /// them.
    func rearrangements() throws -> KroneckerNodes.Rearrangements {
        let (gradients, factor) = try gradientsApart()
        var (factors, layout, nodes) = (FactorLayout(), RearrangementLayout(), [Node]())
        func append(_ node: Node) throws {
            nodes.append(try graph.cast(node, to: .float64))
            layout.count += graph.shape(node).factor
        }
        func exact(_ node: Node, _ parameter: Int, _ layer: FactoredLayer) throws {
            let size = graph.shape(node)[0].inner
            let own = factors.addFactor(size: size, isDiagonal: graph.shape(node).rank == 1)
            layout.nearest.copies.append(.init(source: layout.count, target: own.offset, count: own.count))
            factors.addBlock(.single(own, count: size), [parameter], of: layer, isCorrected: false)
            try append(node)
        }
        var found: [(block: NearestKroneckerSearch.Block, output: Int, input: Int)] = []
        for own in gradients {
            let layer = own.layer
            let isJoint = isJoint(layer)
            if let (outputs, inputs) = matrixSize(layer), let matrix = layer.matrixLayout {
                let (output, input) = (factors.addFactor(size: outputs), factors.addFactor(size: inputs))
                factors.addBlock(
                    .kronecker(matrix, output: output, outputs: outputs, input: input, isJoint: isJoint),
                    [layer.weight!] + (isJoint ? [layer.bias!] : []), of: layer, isCorrected: false)
                if formsRearrangement(layer) {
                    layout.nearest.blocks.append(
                        .init(
                            source: layout.count, outputs: outputs, inputs: inputs, outputTarget: output.offset,
                            inputTarget: input.offset))
                    try append(rearrangement(own, factor))
                } else {
                    found.append((.init(outputs: outputs, inputs: inputs), output.offset, input.offset))
                }
            } else if layer.role == .unused {
                try exact(
                    graph.filled(0, Shape([network.problem.parameters[layer.weight!].count])), layer.weight!, layer)
            } else if layer.role == .elementwise {
                switch try elementwise(own, factor) {
                case .full(let node), .diagonal(let node): try exact(node, layer.weight!, layer)
                case .kronecker, .table, .identity:
                    preconditionFailure("an elementwise parameter has a block of its own")
                }
            }
            if let bias = layer.bias, !isJoint { try exact(exactBias(own, factor), bias, layer) }
        }
        layout.searched = found.map(\.block)
        var source = layout.count
        for (block, output, input) in found {
            for (target, size) in [(output, block.outputs), (input, block.inputs)] {
                layout.nearest.copies.append(.init(source: source, target: target, count: size * size))
                source += size * size
            }
        }
        layout.nearest.count = factors.count
        return (factors, layout, nodes)
    }

    /// Rg times packed matrices, or its transpose: for the layers that are searched.
    func rearrangedProducts(_ packed: Node, isTransposed: Bool) throws -> [Node] {
        let (gradients, factor) = try gradientsApart()
        var start = 0
        return try gradients.filter { matrixSize($0.layer) != nil && !formsRearrangement($0.layer) }.map { own in
            let (outputs, inputs) = matrixSize(own.layer)!
            let size = isTransposed ? outputs : inputs
            defer { start += size * size }
            let matrix = try graph.reshape(
                graph.slice(packed, axis: 0, start: start, count: size * size), Shape([size, size]))
            return try isTransposed
                ? rearranged(own, transposedTimes: matrix, factor) : rearranged(own, times: matrix, factor)
        }
    }
}
