import Kernels
import TensorIR

/// Convolutions over three axes, as sums of convolutions over two: one for each tap along the first, of all positions
/// along it at once, which stand beside the examples. Kronecker factors see through this: slices of a weight at which the same
/// gradient arrives are one use.
extension OperatorCall {
    func convolved(_ x: Node, _ weight: Node, _ window: SlidingWindow, groups: Int) throws -> Node {
        guard window.taps.count == 3 else {
            return try graph.append(Convolution(.output, window.geometry(groups: groups)), x, weight)
        }
        let padded = try graph.pad(x, axis: 2, low: window.padLow[0], high: window.padHigh[0])
        let count = try window.outputSize(0)
        let plane = window.keeping([1, 2])
        return try sum(over: window.taps[0]) { tap in
            let positions = try graph.slice(
                padded, axis: 2, start: tap * window.dilations[0], step: window.strides[0], count: count)
            return try overPlanes(positions) {
                try graph.append(Convolution(.output, plane.geometry(groups: groups)), $0, slice(weight, tap))
            }
        }
    }

    /// - Parameter space: the result's extents.
    func transposedConvolved(
        _ x: Node, _ weight: Node, _ window: SlidingWindow, groups: Int, space: [Int]
    ) throws -> Node {
        guard window.taps.count == 3 else {
            return try graph.append(
                Convolution(.input, window.geometry(groups: groups), space: space), weight, x)
        }
        let plane = window.keeping([1, 2])
        let (stride, reach) = (window.strides[0], window.reach(0))
        let full = try sum(over: window.taps[0]) { tap in
            let planes = try overPlanes(x) {
                try graph.append(
                    Convolution(.input, plane.geometry(groups: groups), space: Array(space[1...])),
                    slice(weight, tap), $0)
            }
            let spread = try spread(planes, stride: stride)
            let start = tap * window.dilations[0]
            return try graph.pad(spread, axis: 2, low: start, high: reach - 1 - start)
        }
        return try graph.slice(full, axis: 2, start: window.padLow[0], count: space[0])
    }

    private func sum(over count: Int, _ term: (Int) throws -> Node) throws -> Node {
        // Each tap is several nodes.
        guard count <= 1 << 12 else {
            throw unsupported("\(count) taps along the first of three spatial axes are not supported; at most 2^12 are")
        }
        return try (1..<count).reduce(term(0)) { try graph.add($0, term($1)) }
    }
    /// A weight's taps at one position along the first spatial axis.
    private func slice(_ weight: Node, _ tap: Int) throws -> Node {
        let one = try graph.slice(weight, axis: 2, start: tap, count: 1)
        return try graph.reshape(one, graph.shape(one).removing(axes: [2]))
    }
    /// `body` for each position along the first spatial axis.
    private func overPlanes(_ x: Node, _ body: (Node) throws -> Node) throws -> Node {
        let shape = graph.shape(x)
        let count = try size(shape, 2)
        let examples = shape[0]
        let folded =
            examples.isSymbolic
            ? Dimension(outer: examples.outer, examplesTimes: examples.inner * count)
            : Dimension(examples.inner * count)
        let planes = try graph.reshape(
            graph.permute(x, [0, 2, 1, 3, 4]), Shape([folded, shape[1], shape[3], shape[4]]))
        let result = try body(planes)
        let space = graph.shape(result).dimensions[1...]
        return try graph.permute(
            graph.reshape(result, Shape([examples, Dimension(count)] + space)), [0, 2, 1, 3, 4])
    }
    /// With zeros between the positions of the first spatial axis.
    private func spread(_ x: Node, stride: Int) throws -> Node {
        if stride == 1 { return x }
        var shape = graph.shape(x)
        let count = try size(shape, 2)
        let padded = try graph.pad(graph.expand(x, at: 3), axis: 3, low: 0, high: stride - 1)
        shape[2] = Dimension(count * stride)
        return try graph.slice(graph.reshape(padded, shape), axis: 2, start: 0, count: (count - 1) * stride + 1)
    }
}

extension SlidingWindow {
    func geometry(groups: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            strides: strides, dilations: dilations, padLow: padLow, padHigh: padHigh, groups: groups)
    }
}
