import TensorIR

/// The largest element of each window over two spatial axes of (B, channels, height, width). The derivative goes to the first of equal elements.
public struct MaxPooling2D: Layer {
    /// How the windows lie: sizes, strides, paddings, dilations.
    public var window: LayerWindow

    /// - Parameter window: its padding never wins.
    public init(window: LayerWindow) { self.window = window }
    /// Windows that are alike along each axis; side by side unless a stride is given.
    public init(size: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1) {
        window = LayerWindow(axes: 2, size: size, stride: stride ?? size, padding: padding, dilation: dilation)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        try window.check(axes: 2)
        let space = try window.outputExtents(x.requireSpatialInput(axes: 2).extents)
        // Else a window could see nothing but padding.
        guard zip(window.paddings, window.sizes).allSatisfy({ 2 * $0 <= $1 }) else {
            throw ModelError(
                .option, "expected paddings of at most half the window \(window.sizes), found \(window.paddings)")
        }
        return try x.make("pooling") { try $0.maximumOverWindows(x.node, window.pooling, space: space) }
    }
}
