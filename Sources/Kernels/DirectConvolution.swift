/// Convolutions with few channels and outputs in a group (depthwise ones above all), plane by plane, without unfolding.
/// Taps that see padding are skipped.
final class DirectConvolution: Kernel {
    let matmulFlops: Int
    var flops: Int { matmulFlops }

    private let role: ConvolutionRole
    private let shape: ConvolutionShape
    private let x: UnsafeMutableRawPointer
    private let w: UnsafeMutableRawPointer
    private let y: UnsafeMutableRawPointer
    private let accumulate: Bool
    private let split: WorkSplit
    /// For the weight's sums, which are carried in double precision.
    private let scratch: Scratch

    init(
        role: ConvolutionRole, _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer,
        y: UnsafeMutableRawPointer, accumulate: Bool
    ) {
        (self.role, self.shape, self.x, self.w, self.y, self.accumulate) = (role, shape, x, w, y, accumulate)
        matmulFlops = shape.usefulFlops
        let units =
            switch role {
            case .output: shape.vectors * shape.examples * shape.groups * shape.outputs
            case .input: shape.vectors * shape.examples * shape.groups * shape.channels
            case .weight: shape.vectors * shape.groups * shape.outputs * shape.channels
            }
        split = WorkSplit(units: units, flopsOfUnit: shape.flops / max(units, 1))
        scratch = Scratch(byteCount: role == .weight ? shape.taps * 8 : 0, tasks: split.count)
    }

    /// Whether loops beat matrix products.
    static func isBetter(_ shape: ConvolutionShape) -> Bool {
        shape.groups > 1 && shape.channels * shape.outputs <= 16
    }

    func run(_ state: RunState) {
        state.executedFlops += matmulFlops
        switch role {
        case .output: parallelFor(split.count) { for unit in split[$0] { computeOutput(unit) } }
        case .input: parallelFor(split.count) { for unit in split[$0] { computeInput(unit) } }
        case .weight:
            parallelFor(split.count) { task in
                scratch.withBlock { block in
                    let sums = block.bindMemory(to: Double.self, capacity: shape.taps)
                    for unit in split[task] { computeWeight(unit, sums) }
                }
            }
        }
    }

    private func image(_ vector: Int, _ example: Int, _ group: Int, _ channel: Int) -> UnsafeMutableRawPointer {
        shape.at(
            x,
            vector * shape.xVectorStride + example * shape.xExample
                + (group * shape.channels + channel) * shape.inputPlane)
    }

    private func result(_ vector: Int, _ example: Int, _ group: Int, _ output: Int) -> UnsafeMutableRawPointer {
        shape.at(
            y,
            vector * shape.yVectorStride + example * shape.yExample
                + (group * shape.outputs + output) * shape.outputPlane)
    }

    private func weight(_ vector: Int, _ group: Int, _ output: Int, _ channel: Int) -> UnsafeMutableRawPointer {
        shape.at(
            w,
            vector * shape.wVectorStride + ((group * shape.outputs + output) * shape.channels + channel) * shape.taps)
    }

    private func computeOutput(_ unit: Int) {
        var (rest, output) = unit.quotientAndRemainder(dividingBy: shape.outputs)
        let group = rest % shape.groups
        rest /= shape.groups
        let (vector, example) = rest.quotientAndRemainder(dividingBy: shape.examples)
        let target = result(vector, example, group, output)
        if !accumulate { shape.clear(target, count: shape.outputPlane) }
        for channel in 0..<shape.channels {
            shape.convolvePlane(
                image(vector, example, group, channel), weight(vector, group, output, channel), into: target)
        }
    }

    private func computeInput(_ unit: Int) {
        var (rest, channel) = unit.quotientAndRemainder(dividingBy: shape.channels)
        let group = rest % shape.groups
        rest /= shape.groups
        let (vector, example) = rest.quotientAndRemainder(dividingBy: shape.examples)
        let target = image(vector, example, group, channel)
        if !accumulate { shape.clear(target, count: shape.inputPlane) }
        for output in 0..<shape.outputs {
            shape.convolvePlaneBack(
                result(vector, example, group, output), weight(vector, group, output, channel), into: target)
        }
    }

    private func computeWeight(_ unit: Int, _ sums: UnsafeMutablePointer<Double>) {
        var (rest, channel) = unit.quotientAndRemainder(dividingBy: shape.channels)
        let output = rest % shape.outputs
        rest /= shape.outputs
        let (vector, group) = rest.quotientAndRemainder(dividingBy: shape.groups)
        sums.update(repeating: 0, count: shape.taps)
        for example in 0..<shape.examples {
            shape.addTaps(image(vector, example, group, channel), result(vector, example, group, output), to: sums)
        }
        let target = weight(vector, group, output, channel)
        if shape.storage == .float32 {
            let target = target.assumingMemoryBound(to: Float.self)
            for tap in 0..<shape.taps { target[tap] = Float(sums[tap]) + (accumulate ? target[tap] : 0) }
        } else {
            let target = target.assumingMemoryBound(to: Double.self)
            for tap in 0..<shape.taps { target[tap] = sums[tap] + (accumulate ? target[tap] : 0) }
        }
    }
}
