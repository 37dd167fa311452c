import Kernels

/// Where elements lie, compared where it is used: none of these is kept in memory.
extension TensorGraph {
    /// Whether a new axis of `count` places, the last unless said, is at the place that each integer names; nowhere for one that names none.
    package func isPlace(_ indices: Node, count: Int, axis: Int? = nil) throws -> Node {
        let axis = axis ?? shape(indices).rank
        var wide = shape(indices)
        wide.dimensions.insert(Dimension(count), at: axis)
        let others = wide.dimensions.indices.filter { $0 != axis }
        return try equal(broadcast(indices, to: wide, axes: others), broadcast(places(count), to: wide, axes: [axis]))
    }
    /// The same as 1 and 0.
    package func oneHot(_ indices: Node, count: Int) throws -> Node {
        try cast(isPlace(indices, count: count), to: .real)
    }

    /// 1 where the places along two axes are the same, else 0.
    package func onDiagonal(_ shape: Shape, _ first: Int, _ second: Int, _ element: ElementType = .real) throws -> Node
    {
        let places = try places(shape[first].inner)
        return try cast(
            equal(broadcast(places, to: shape, axes: [first]), broadcast(places, to: shape, axes: [second])),
            to: element)
    }

    private func places(_ count: Int) throws -> Node {
        try constant(Constant([count], (0..<Int64(count)).map { $0 }))
    }
}
