import Kernels
import TensorIR

extension TensorGraph {
    /// The patches that a convolution's windows see, (examples, channels of a group * taps, space): entry (c, i, j) is c k1 k2 + i k2 + j,
    /// zeros where a window reaches beyond the input. With several groups, the mean over the groups.
    func patches(_ x: Node, _ geometry: ConvolutionGeometry, taps: [Int]) throws -> Node {
        let x = try groupMean(x, geometry)
        if geometry.isPointwise(taps) { return x }
        // Each channel by itself, with a weight that picks one tap for each of its outputs.
        let (channels, count) = (shape(x)[1].inner, taps.reduce(1, *))
        let picks = (0..<count * count).map { $0 / count == $0 % count ? 1.0 : 0 }
        let unit = try reshape(
            constant(Constant([count, count], picks)), Shape([Dimension(count), 1] + taps.map { Dimension($0) }))
        let weight = try reshape(
            broadcast(unit, to: shape(unit).leading(channels), axes: Array(1..<(3 + taps.count))),
            Shape([Dimension(channels * count), 1] + taps.map { Dimension($0) }))
        var separate = geometry
        separate.groups = channels
        return try append(Convolution(.output, separate), x, weight)
    }

    /// The mean over an example's windows of the patches that they see, (examples, 1, channels of a group, taps). A mean over windows is one over the entries
    /// that a tap meets, axis by axis, so that no patch is there.
    func meanPatches(_ x: Node, _ geometry: ConvolutionGeometry, taps: [Int]) throws -> Node {
        let x = try groupMean(x, geometry)
        let space = Array(2..<(2 + taps.count))
        var mean = try mean(positionForm(x, example: 0, positions: [], features: [1] + space), axes: [1])
        for (axis, count) in taps.enumerated() {
            let size = shape(mean)[axis + 2].inner
            let labels = Array(0..<shape(mean).rank)
            var result = labels
            result[axis + 2] = labels.count
            let shares = try constant(Constant([count, size], geometry.shares(axis: axis, size: size, taps: count)))
            mean = try contract(mean, labels, cast(shares, to: .real), [labels.count, axis + 2], to: result)
        }
        return try expand(mean, at: 1)
    }

    /// x (examples or several for each, ...) times a number for each example.
    func multiply(_ x: Node, exampleByExample factors: Node) throws -> Node {
        let own = shape(x)
        let apart = Shape([.examples, Dimension(own[0].inner)] + own.dimensions[1...])
        let product = try multiply(reshape(x, apart), broadcast(factors, to: apart, axes: [0]))
        return try reshape(product, own)
    }

    /// With several groups, the mean over the groups: (examples, channels of a group, space).
    func groupMean(_ x: Node, _ geometry: ConvolutionGeometry) throws -> Node {
        guard geometry.groups > 1 else { return x }
        let shape = shape(x)
        let channels = Dimension(shape[1].inner / geometry.groups)
        let grouped = try reshape(
            x, Shape([shape[0], Dimension(geometry.groups), channels] + shape.dimensions[2...]))
        return try mean(grouped, axes: [1])
    }
}

extension ConvolutionGeometry {
    /// Of an axis's windows, the share in which a tap meets an entry of the input, (taps, entries).
    fileprivate func shares(axis: Int, size: Int, taps: Int) -> [Double] {
        let windows = outputExtent(axis: axis, input: size, kernel: taps)
        var shares = [Double](repeating: 0, count: taps * size)
        for tap in 0..<taps {
            for window in 0..<windows {
                let place = window * strides[axis] + tap * dilations[axis] - padLow[axis]
                if (0..<size).contains(place) { shares[tap * size + place] += 1 / Double(windows) }
            }
        }
        return shares
    }

    /// Whether patches are the image's own entries.
    func isPointwise(_ taps: [Int]) -> Bool {
        taps.allSatisfy { $0 == 1 } && strides.allSatisfy { $0 == 1 } && (padLow + padHigh).allSatisfy { $0 == 0 }
    }
}
