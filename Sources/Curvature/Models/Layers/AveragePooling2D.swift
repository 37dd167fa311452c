import TensorIR

/// The mean of each window over two spatial axes of (B, channels, height, width).
public struct AveragePooling2D: Layer {
    /// How the windows lie: sizes, strides, paddings, dilations.
    public var window: LayerWindow
    /// Whether zeros of the padding count as elements, as they do in PyTorch unless said.
    public var countsPadding: Bool

    /// Windows that may differ from axis to axis.
    public init(window: LayerWindow, countsPadding: Bool = true) {
        (self.window, self.countsPadding) = (window, countsPadding)
    }
    /// Windows that are alike along each axis; side by side unless a stride is given.
    public init(size: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true) {
        let window = LayerWindow(axes: 2, size: size, stride: stride ?? size, padding: padding, dilation: 1)
        self.init(window: window, countsPadding: countsPadding)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        try window.check(axes: 2)
        let space = try window.outputExtents(x.requireSpatialInput(axes: 2).extents)
        return try x.make("pooling") { graph in
            try graph.averageOverWindows(x.node, window.pooling, space: space, countsPadding: countsPadding)
        }
    }
}
