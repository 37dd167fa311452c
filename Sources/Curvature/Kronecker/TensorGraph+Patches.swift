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
    /// Whether patches are the image's own entries.
    func isPointwise(_ taps: [Int]) -> Bool {
        taps.allSatisfy { $0 == 1 } && strides.allSatisfy { $0 == 1 } && (padLow + padHigh).allSatisfy { $0 == 0 }
    }
}
