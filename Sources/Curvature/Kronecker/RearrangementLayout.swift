import TensorIR

/// Where KFOC's rearranged blocks lie in one packed vector, and where its factors go.
package struct RearrangementLayout: Hashable, Sendable {
    package fileprivate(set) var nearest = NearestKronecker()
    package fileprivate(set) var count = 0
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
        for own in gradients {
            let layer = own.layer
            let isJoint = isJoint(layer)
            if let (outputs, inputs) = matrixSize(layer), let matrix = layer.matrixLayout {
                guard formsRearrangement(layer) else { throw tooLarge(layer, outputs, inputs) }
                let (output, input) = (factors.addFactor(size: outputs), factors.addFactor(size: inputs))
                layout.nearest.blocks.append(
                    .init(
                        source: layout.count, outputs: outputs, inputs: inputs, outputTarget: output.offset,
                        inputTarget: input.offset))
                factors.addBlock(
                    .kronecker(matrix, output: output, outputs: outputs, input: input, isJoint: isJoint),
                    [layer.weight!] + (isJoint ? [layer.bias!] : []), of: layer, isCorrected: false)
                try append(rearrangement(own, factor))
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
        layout.nearest.count = factors.count
        return (factors, layout, nodes)
    }

    private func tooLarge(_ layer: FactoredLayer, _ outputs: Int, _ inputs: Int) -> ProblemError {
        let name = network.problem.parameters[layer.weight!].name
        return ProblemError(
            .options,
            "kfoc: '\(name)' is a matrix of \(outputs) x \(inputs), whose rearranged block of \(outputs)^2 x \(inputs)^2 entries is not formed beyond 2^24; expected smaller layers, leave it out with --parameters '-\(name)', or take ekfac"
        )
    }
}
