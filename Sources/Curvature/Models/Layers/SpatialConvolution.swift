import TensorIR

/// What convolutions of one and of two axes have in common.
struct SpatialConvolution {
    var axes: Int
    var outputs: Int
    var window: LayerWindow
    var groups: Int
    var hasBias: Bool

    func convolved(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let (channels, extents) = try check(x)
        _ = try window.outputExtents(extents)
        let inputs = channels / groups
        let initialization = Initialization.fanIn(window.sizes.reduce(inputs, *))
        let weight = try scope.parameter("weight", shape: [outputs, inputs] + window.sizes, initialization)
        let result = try x.make("convolution") { graph in
            try graph.append(Convolution(.output, window.convolution(groups: groups)), x.node, weight.node)
        }
        return try addBias(result, initialization, scope)
    }

    /// The convolution's transpose in its input: its own input takes the place of the output.
    func transposed(_ x: Tensor, outputPadding: Int, in scope: Scope) throws -> Tensor {
        let (channels, extents) = try check(x)
        guard outputPadding >= 0, outputPadding < window.strides.max()! else {
            throw ModelError(
                .option,
                "expected an output padding from 0 and below the stride \(window.strides), found \(outputPadding)")
        }
        let initialization = Initialization.fanIn(window.sizes.reduce(outputs / groups, *))
        let weight = try scope.parameter("weight", shape: [channels, outputs / groups] + window.sizes, initialization)
        var geometry = window.convolution(groups: groups)
        var space: [Int] = []
        var zeros: [Int] = []
        for axis in 0..<axes {
            // Output padding shows positions that padding would cut off, and zeros beyond them.
            zeros.append(max(0, outputPadding - geometry.padHigh[axis]))
            geometry.padHigh[axis] = max(0, geometry.padHigh[axis] - outputPadding)
            let full = (extents[axis] - 1) * window.strides[axis] + window.reach(axis)
            space.append(full - geometry.padLow[axis] - geometry.padHigh[axis])
        }
        guard space.allSatisfy({ $0 > 0 }) else {
            throw ModelError(
                .shape, "its paddings \(window.paddings) leave nothing of the result, found extents \(space)")
        }
        let result = try x.make("transposed convolution") { graph in
            var result = try graph.append(Convolution(.input, geometry, space: space), weight.node, x.node)
            for axis in 0..<axes { result = try graph.pad(result, axis: axis + 2, low: 0, high: zeros[axis]) }
            return result
        }
        return try addBias(result, initialization, scope)
    }

    private func check(_ x: Tensor) throws -> (channels: Int, extents: [Int]) {
        try window.check(axes: axes)
        let input = try x.requireSpatialInput(axes: axes)
        guard outputs > 0, groups > 0, input.channels % groups == 0, outputs % groups == 0 else {
            throw ModelError(
                .option,
                "expected groups that divide its \(input.channels) channels and \(outputs) outputs, found \(groups)")
        }
        return input
    }
    private func addBias(_ result: Tensor, _ initialization: Initialization, _ scope: Scope) throws -> Tensor {
        guard hasBias else { return result }
        let bias = try scope.parameter("bias", shape: [outputs], initialization)
        return try result.make("bias") { graph in
            try graph.add(result.node, graph.broadcast(bias.node, to: graph.shape(result.node), axes: [1]))
        }
    }
}
