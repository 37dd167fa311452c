/// How a convolution's windows lie on its input, one entry for each spatial axis (1 or 2 of them).
package struct ConvolutionGeometry: Hashable, Sendable {
    package var strides: [Int]
    package var dilations: [Int]
    /// Zeros before and after the input.
    package var padLow: [Int]
    package var padHigh: [Int]
    /// Channels and outputs are cut into this many groups; each output sees the channels of its group.
    package var groups: Int

    package init(strides: [Int], dilations: [Int], padLow: [Int], padHigh: [Int], groups: Int) {
        self.strides = strides
        self.dilations = dilations
        self.padLow = padLow
        self.padHigh = padHigh
        self.groups = groups
    }

    /// How many windows of `kernel` taps fit along `axis`.
    package func outputExtent(axis: Int, input: Int, kernel: Int) -> Int {
        let free = input + padLow[axis] + padHigh[axis] - dilations[axis] * (kernel - 1) - 1
        return free < 0 ? 0 : free / strides[axis] + 1
    }
}

/// Which operand of the trilinear form t(x, w, y) a kernel computes from the other two.
package enum ConvolutionRole: Hashable, Sendable {
    /// y: the convolution itself.
    case output
    /// x: its transpose in the input.
    case input
    /// w: its transpose in the weight.
    case weight
}
