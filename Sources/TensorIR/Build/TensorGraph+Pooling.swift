import Kernels

/// Pooling over (examples, channels, space). A maximum is a gather at the place of the window's first maximum, so ties go as in
/// PyTorch; an average is a sum and a division by how many positions count.
extension TensorGraph {
    /// - Parameter space: how many windows there are along each axis.
    package func maximumOverWindows(_ x: Node, _ geometry: WindowGeometry, space: [Int]) throws -> Node {
        let places = try append(WindowArgmax(geometry, space: space), x)
        let shape = shape(x)
        let plane = Shape(shape.dimensions[..<2] + [Dimension(shape.dimensions[2...].reduce(1) { $0 * $1.inner })])
        return try append(Gather(batchAxes: 2), reshape(x, plane), places)
    }

    /// - Parameter countsPadding: whether zeros of the padding count as positions. Windows that stick out beyond the padding count
    ///   what is inside.
    package func averageOverWindows(
        _ x: Node, _ geometry: WindowGeometry, space: [Int], countsPadding: Bool
    ) throws -> Node {
        let sum = try append(WindowSum(geometry, space: space), x)
        let extents = shape(x).dimensions.suffix(space.count).map(\.inner)
        let counts = space.indices.map { axis in
            let low = countsPadding ? -geometry.padLow[axis] : 0
            let high = extents[axis] + (countsPadding ? geometry.padHigh[axis] : 0)
            return (0..<space[axis]).map { output in
                let start = output * geometry.strides[axis] - geometry.padLow[axis]
                let inside = (0..<geometry.sizes[axis]).count { tap in
                    (low..<high).contains(start + tap * geometry.dilations[axis])
                }
                return Double(max(1, inside))
            }
        }
        let plane = counts.dropFirst().reduce(counts[0]) { plane, row in plane.flatMap { a in row.map { a * $0 } } }
        if let first = plane.first, plane.allSatisfy({ $0 == first }) {
            return try divide(sum, filled(first, like: sum))
        }
        let rank = shape(sum).rank
        let divisor = try broadcast(
            constant(Constant(space, plane)), to: shape(sum), axes: Array((rank - space.count)..<rank))
        return try divide(sum, divisor)
    }
}
