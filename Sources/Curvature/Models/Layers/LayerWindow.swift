import Kernels
import TensorIR

/// How the windows of a convolution or pooling lie: one number for each spatial axis.
public struct LayerWindow: Hashable, Sendable {
    /// Elements that a window sees along each axis.
    public var sizes: [Int]
    /// From one window to the next.
    public var strides: [Int]
    /// On either side.
    public var paddings: [Int]
    /// From one element of a window to the next.
    public var dilations: [Int]

    /// One number for each spatial axis in every list.
    public init(sizes: [Int], strides: [Int], paddings: [Int], dilations: [Int]) {
        (self.sizes, self.strides, self.paddings, self.dilations) = (sizes, strides, paddings, dilations)
    }
    init(axes: Int, size: Int, stride: Int, padding: Int, dilation: Int) {
        func all(_ value: Int) -> [Int] { [Int](repeating: value, count: axes) }
        self.init(sizes: all(size), strides: all(stride), paddings: all(padding), dilations: all(dilation))
    }

    func check(axes: Int) throws {
        func check(_ list: [Int], _ what: String, atLeast least: Int) throws {
            guard list.count == axes, list.allSatisfy({ $0 >= least && $0 < 1 << 31 }) else {
                throw ModelError(
                    .option,
                    "expected \(what) for \(axes) \(axes == 1 ? "axis" : "axes"), each at least \(least), found \(list)"
                )
            }
        }
        try check(sizes, "sizes", atLeast: 1)
        try check(strides, "strides", atLeast: 1)
        try check(paddings, "paddings", atLeast: 0)
        try check(dilations, "dilations", atLeast: 1)
    }

    func reach(_ axis: Int) -> Int { dilations[axis] * (sizes[axis] - 1) + 1 }

    /// How many positions the windows take along each axis.
    func outputExtents(_ extents: [Int]) throws -> [Int] {
        try extents.indices.map { axis in
            let room = extents[axis] + 2 * paddings[axis] - reach(axis)
            guard room >= 0 else {
                throw ModelError(
                    .shape,
                    "a window of \(reach(axis)) does not fit into the \(extents[axis]) positions of a spatial axis and paddings of \(paddings[axis])"
                )
            }
            return room / strides[axis] + 1
        }
    }

    func convolution(groups: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            strides: strides, dilations: dilations, padLow: paddings, padHigh: paddings, groups: groups)
    }
    var pooling: WindowGeometry {
        WindowGeometry(sizes: sizes, strides: strides, dilations: dilations, padLow: paddings, padHigh: paddings)
    }
}
