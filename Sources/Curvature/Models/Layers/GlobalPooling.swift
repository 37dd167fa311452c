/// The mean over all of space: (B, channels, ...) to (B, channels).
public struct GlobalAveragePooling: Layer {
    /// It has no options.
    public init() {}
    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let space = try x.requireSpatialInput().extents
        return try x.mean(axes: space.indices.map { $0 + 2 })
    }
}

/// The largest element over all of space: (B, channels, ...) to (B, channels). The derivative goes to the first of equal elements.
public struct GlobalMaxPooling: Layer {
    /// It has no options.
    public init() {}
    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        let (channels, extents) = try x.requireSpatialInput()
        let count = extents.reduce(1, *)
        let plane = try x.reshaped([channels, count])
        let window = LayerWindow(axes: 1, size: count, stride: 1, padding: 0, dilation: 1)
        let maxima = try x.make("pooling") { graph in
            try graph.maximumOverWindows(plane.node, window.pooling, space: [1])
        }
        return try maxima.reshaped([channels])
    }
}
