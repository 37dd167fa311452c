/// Transposed convolution over two spatial axes: the transpose of a ``Convolution2D`` in its input, with a bias.
///
/// Parameters `weight` (channels, outputs / groups, rows, columns) and `bias` (outputs). An extent n becomes
/// (n - 1) stride + dilation (size - 1) + 1 - 2 padding + output padding.
public struct TransposedConvolution2D: Layer {
    /// Channels of the result.
    public var outputs: Int
    /// The windows of the convolution that this is the transpose of.
    public var window: LayerWindow
    /// Positions added at the end of each axis; below the stride.
    public var outputPadding: Int
    /// Channels and outputs are cut into so many groups; each output sees the channels of its group.
    public var groups: Int
    /// Whether an offset is added for each output.
    public var hasBias: Bool

    /// Windows that may differ from axis to axis.
    public init(
        _ outputs: Int, window: LayerWindow, outputPadding: Int = 0, groups: Int = 1, hasBias: Bool = true
    ) {
        (self.outputs, self.window, self.outputPadding) = (outputs, window, outputPadding)
        (self.groups, self.hasBias) = (groups, hasBias)
    }
    /// Windows that are alike along each axis.
    public init(
        _ outputs: Int, size: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0, dilation: Int = 1,
        groups: Int = 1, hasBias: Bool = true
    ) {
        let window = LayerWindow(axes: 2, size: size, stride: stride, padding: padding, dilation: dilation)
        self.init(outputs, window: window, outputPadding: outputPadding, groups: groups, hasBias: hasBias)
    }

    public func forward(_ x: Tensor, in scope: Scope) throws -> Tensor {
        try SpatialConvolution(axes: 2, outputs: outputs, window: window, groups: groups, hasBias: hasBias)
            .transposed(x, outputPadding: outputPadding, in: scope)
    }
}
