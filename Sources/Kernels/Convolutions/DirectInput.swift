/// The transpose of a convolution in its input without unfolding, where neighbouring windows are more than one element
/// apart. (Otherwise it is the convolution of y with reversed kernels.)
final class DirectInput: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let split: WorkSplit
    private let scratch: Scratch

    init(
        _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer, y: UnsafeMutableRawPointer,
        accumulate: Bool
    ) {
        (self.shape, self.x, self.w, self.y, self.accumulate) = (shape, x, w, y, accumulate)
        matmulFlops = shape.flops
        let units = shape.vectors * shape.examples * shape.groups * shape.channels
        split = WorkSplit(units: units, flopsOfUnit: shape.flops / max(units, 1))
        scratch = Scratch(
            byteCount: shape.paddedCount(outRows: shape.planes.out_height) * shape.storage.byteCount, tasks: split.count
        )
    }

    func run(_ state: RunState) {
        state.executedFlops += matmulFlops
        parallelFor(split.count) { task in
            scratch.withBlock { block in
                for unit in split[task] { run(unit: unit, block) }
            }
        }
    }

    /// One channel of one example.
    private func run(unit: Int, _ padded: UnsafeMutableRawPointer) {
        var (rest, channel) = unit.quotientAndRemainder(dividingBy: shape.channels)
        let group = rest % shape.groups
        rest /= shape.groups
        let (vector, example) = rest.quotientAndRemainder(dividingBy: shape.examples)
        let target = shape.at(
            x,
            vector * shape.xVectorStride + example * shape.xExample
                + (group * shape.channels + channel) * shape.inputPlane)
        if !accumulate { shape.clear(target, count: shape.inputPlane) }
        let output = group * shape.outputs
        shape.convolveBack(
            shape.at(y, vector * shape.yVectorStride + example * shape.yExample + output * shape.outputPlane),
            kernels: shape.at(w, vector * shape.wVectorStride + output * shape.rows + channel * shape.taps),
            into: target, padded: padded)
    }
}
