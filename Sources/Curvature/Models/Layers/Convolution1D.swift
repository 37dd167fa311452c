/// Convolution (cross-correlation, as in PyTorch) over one spatial axis: (B, channels, length) to (B, outputs, ...).
///
/// Parameters `weight` (outputs, channels / groups, taps) and `bias` (outputs).
public struct Convolution1D: Layer {
    /// Channels of the result.
    public var outputs: Int
    /// How the windows lie: sizes, strides, paddings, dilations.
    public var window: LayerWindow
    /// Channels and outputs are cut into so many groups; each output sees the channels of its group.
    public var groups: Int
    /// Whether an offset is added for each output.
    public var hasBias: Bool

    /// Windows that may differ from axis to axis.
    public init(_ outputs: Int, window: LayerWindow, groups: Int = 1, hasBias: Bool = true) {
        (self.outputs, self.window, self.groups, self.hasBias) = (outputs, window, groups, hasBias)
    }
    /// Windows that are alike along each axis.
    ///
    /// - Parameters:
    ///   - outputs: channels of the result.
    ///   - size: elements that a window sees along each axis.
    ///   - stride: from one window to the next.
    ///   - padding: zeros on either side.
    ///   - dilation: from one element of a window to the next.
    ///   - groups: parts that channels and outputs are cut into.
    ///   - hasBias: whether an offset is added for each output.
    public init(
        _ outputs: Int, size: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1,
        hasBias: Bool = true
    ) {
        let window = LayerWindow(axes: 1, size: size, stride: stride, padding: padding, dilation: dilation)
        self.init(outputs, window: window, groups: groups, hasBias: hasBias)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        try SpatialConvolution(axes: 1, outputs: outputs, window: window, groups: groups, hasBias: hasBias)
            .convolved(x, in: scope)
    }
}
