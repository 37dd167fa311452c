import Kernels
import TensorIR

/// Pooling: over one or two axes at once, over more in steps.
extension OperatorCall {
    func maxPool() throws -> [Value] {
        let x = try nodeInput(0)
        let real = try graph.cast(x, to: .real)
        let maxima = try overWindows(real) { x, window in
            try graph.maximumOverWindows(x, geometry(window), space: outputSizes(window))
        }
        let result = Value.node(try graph.cast(maxima, to: graph.type(x).element))
        guard node.output.count > 1, !node.output[1].isEmpty else { return [result] }
        return [result, .node(try placesOfMaxima(real))]
    }

    /// Where in the whole tensor each maximum stands; `storage_order` 1 counts along columns within a plane.
    private func placesOfMaxima(_ x: Node) throws -> Node {
        let shape = graph.shape(x)
        guard let sizes = shape.numbers else {
            throw GraphError(.examplesMeet, "its second output, the places of the maxima, counts the examples")
        }
        guard sizes.count <= 4 else { throw unsupported("the places of maxima over more than two axes are not given") }
        let window = try slidingWindow(extents: Array(sizes[2...]), taps: ints("kernel_shape") ?? [])
        var places = try graph.append(WindowArgmax(geometry(window), space: outputSizes(window)), x)
        if try int("storage_order", default: 0) == 1, sizes.count == 4 {
            let width = try filled(Double(sizes[3]), like: places)
            let row = try graph.divide(places, width)
            let column = try graph.subtract(places, graph.multiply(row, width))
            places = try graph.add(graph.multiply(column, filled(Double(sizes[2]), like: column)), row)
        }
        let plane = sizes[2...].reduce(1, *)
        guard sizes[0] * sizes[1] <= HostTensor.foldLimit else {
            throw unsupported("the places of maxima in \(sizes[0] * sizes[1]) planes are not given; at most 2^20 are")
        }
        let starts = HostTensor([sizes[0] * sizes[1]], (0..<(sizes[0] * sizes[1])).map { Extent($0 * plane) })
        let perPlane = try asNode(.host(starts.reshaped([sizes[0], sizes[1]] + sizes[2...].map { _ in 1 })))
        return try add(places, perPlane)
    }

    func globalMaxPool() throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        let (plane, space) = try flattenedSpace(x)
        let window = SlidingWindow(
            extents: [space], taps: [space], strides: [1], dilations: [1], padLow: [0], padHigh: [0])
        let maxima = try graph.maximumOverWindows(plane, geometry(window), space: [1])
        return [.node(try graph.reshape(maxima, withoutSpace(shape)))]
    }
    func globalAveragePool() throws -> [Value] {
        let x = try real(0)
        let shape = graph.shape(x)
        guard shape.rank > 2 else { throw invalid("expected examples, channels and space, found the shape \(shape)") }
        return [.node(try graph.reshape(graph.mean(x, axes: Array(2..<shape.rank)), withoutSpace(shape)))]
    }

    func averagePool() throws -> [Value] { [.node(try overWindows(real(0), average))] }

    private func average(_ x: Node, _ window: SlidingWindow) throws -> Node {
        let space = try outputSizes(window)
        // How many positions each window has is counted here.
        guard space.reduce(1, *) <= 1 << 24, zip(space, window.taps).allSatisfy({ $0 * $1 <= 1 << 26 }) else {
            throw unsupported(
                "averages over \(space) windows of \(window.taps) are too many; at most 2^24 are supported")
        }
        let includesPadding = try flag("count_include_pad", default: false)
        return try graph.averageOverWindows(x, geometry(window), space: space, countsPadding: includesPadding)
    }

    /// The result of `pool`, which sees the one or two axes along which windows have more than one position as the
    /// last.
    private func overWindows(_ x: Node, _ pool: (Node, SlidingWindow) throws -> Node) throws -> Node {
        let shape = graph.shape(x)
        guard let taps = try ints("kernel_shape") else { throw invalid("its attribute 'kernel_shape' is missing") }
        guard shape.rank >= 3 else { throw invalid("expected examples, channels and space, found the shape \(shape)") }
        let window = try slidingWindow(extents: (2..<shape.rank).map { try size(shape, $0) }, taps: taps)
        guard shape.rank > 4 else { return try pool(x, window) }
        // Windows of one position leave their axis alone. Maxima of maxima are maxima and averages of averages are
        // averages, padding included, since what counts in a window is a product over the axes.
        let moving = taps.indices.filter { !window.isTrivial($0) }
        return try stride(from: 0, to: moving.count, by: 2).reduce(x) { x, first in
            try overAxes(Array(moving[first..<min(first + 2, moving.count)]), of: x, window, pool)
        }
    }
    /// The result of `pool` along one or two of the spatial axes.
    private func overAxes(
        _ inner: [Int], of x: Node, _ window: SlidingWindow, _ pool: (Node, SlidingWindow) throws -> Node
    ) throws -> Node {
        let shape = graph.shape(x)
        let order = (0..<shape.rank).filter { !inner.contains($0 - 2) } + inner.map { $0 + 2 }
        let pooled = try pool(folded(graph.permute(x, order), spatial: inner.count), window.keeping(inner))
        let wide = Shape(
            order.dropLast(inner.count).map { shape[$0] } + graph.shape(pooled).dimensions.suffix(inner.count))
        return try graph.permute(graph.reshape(pooled, wide), order.indices.map { axis in order.firstIndex(of: axis)! })
    }
    /// Examples, everything between them and the last `spatial` axes as channels, and those.
    private func folded(_ x: Node, spatial: Int) throws -> Node {
        let shape = graph.shape(x)
        let channels = try (1..<(shape.rank - spatial)).reduce(1) { $0 * (try size(shape, $1)) }
        return try graph.reshape(x, Shape([shape[0], Dimension(channels)] + shape.dimensions.suffix(spatial)))
    }
    private func outputSizes(_ window: SlidingWindow) throws -> [Int] {
        let ceiling = try flag("ceil_mode", default: false)
        return try window.taps.indices.map { try window.outputSize($0, ceiling: ceiling) }
    }
    private func geometry(_ window: SlidingWindow) -> WindowGeometry {
        WindowGeometry(
            sizes: window.taps, strides: window.strides, dilations: window.dilations, padLow: window.padLow,
            padHigh: window.padHigh)
    }

    /// The spatial axes as one, and its size.
    private func flattenedSpace(_ x: Node) throws -> (plane: Node, size: Int) {
        let shape = graph.shape(x)
        guard shape.rank > 2 else { throw invalid("expected examples, channels and space, found the shape \(shape)") }
        let count = try (2..<shape.rank).reduce(1) { $0 * (try size(shape, $1)) }
        return (try graph.reshape(x, Shape([shape[0], shape[1], Dimension(count)])), count)
    }
    private func withoutSpace(_ shape: Shape) -> Shape {
        Shape(shape.dimensions[..<2] + [Dimension](repeating: 1, count: shape.rank - 2))
    }
}
