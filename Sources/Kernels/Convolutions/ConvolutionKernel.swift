/// One operand of a convolution's trilinear form from the other two: the convolution, or its transpose in the
/// input or in the weight.
///
/// x is [K?][B][C][spatial], w is [K?][O][C / groups][kernel], y is [K?][B][O][spatial of the output], all contiguous.
/// The leading axis K is on the result if and only if it is on an input; an input without it is shared.
package final class ConvolutionKernel: Kernel {
    package let matmulFlops: Int
    package var flops: Int { matmulFlops }

    private let steps: [any Kernel]
    /// Counts for the steps, whose nominal work is not this kernel's.
    private let counts = RunState()
    /// Weights in another form, for as long as the steps refer to them.
    private let weights: [Memory]

    /// Computes the operand that `role` names from the others, or adds to it with `accumulate`.
    package convenience init(
        role: ConvolutionRole, x: Operand, w: Operand, y: Operand, geometry: ConvolutionGeometry, accumulate: Bool
    ) {
        self.init(role: role, x: x, w: w, y: y, geometry: geometry, accumulate: accumulate, method: nil)
    }

    enum Method {
        case contraction, direct, unfolded
    }

    /// For tests: by a method that would not be chosen.
    init(
        role: ConvolutionRole, x: Operand, w: Operand, y: Operand, geometry: ConvolutionGeometry, accumulate: Bool,
        method: Method?
    ) {
        let whole = ConvolutionShape(x: x, w: w, y: y, role: role, geometry: geometry)
        matmulFlops = whole.flops
        let result =
            switch role {
            case .output: y
            case .input: x
            case .weight: w
            }
        let (down, across) = whole.usefulTaps
        if matmulFlops == 0 || down.isEmpty || across.isEmpty {
            steps = accumulate || result.count == 0 ? [] : [FillKernel(result, value: 0)]
            weights = []
            return
        }
        var weights: [Memory] = []
        if down.count == whole.planes.kernel_height && across.count == whole.planes.kernel_width {
            steps = ConvolutionKernel.steps(
                role, whole, x: x.address, w: w.address, y: y.address, accumulate: accumulate, method: method,
                weights: &weights)
            self.weights = weights
            return
        }

        // Images so small that some taps never see them: a convolution with the others.
        let shape = whole.restricted(down: down, across: across)
        let outer = (whole.wVectorStride > 0 ? whole.vectors : 1) * whole.groups * whole.outputs * whole.channels
        let view = Operand(
            address: w.address
                + (down.lowerBound * whole.planes.kernel_width + across.lowerBound) * w.storage.byteCount,
            storage: w.storage, sizes: [outer, down.count, across.count],
            strides: [whole.taps, whole.planes.kernel_width, 1])
        let memory = Memory(byteCount: view.count * w.storage.byteCount)
        let part = Operand(address: memory.address, storage: w.storage, sizes: view.sizes)
        weights.append(memory)
        var steps: [any Kernel] = []
        if role != .weight || accumulate { steps.append(CopyKernel(from: view, to: part)) }
        steps += ConvolutionKernel.steps(
            role, shape, x: x.address, w: memory.address, y: y.address, accumulate: accumulate, method: method,
            weights: &weights)
        if role == .weight {
            if !accumulate { steps.append(FillKernel(w, value: 0)) }
            steps.append(CopyKernel(from: part, to: view))
        }
        self.steps = steps
        self.weights = weights
    }

    package func run(_ state: RunState) {
        counts.executedFlops = 0
        for step in steps { step.run(counts) }
        state.matmulFlops += matmulFlops
        state.flops += flops
        state.executedFlops += counts.executedFlops
    }

    private static func steps(
        _ role: ConvolutionRole, _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer,
        y: UnsafeMutableRawPointer, accumulate: Bool, method: Method?, weights: inout [Memory]
    ) -> [any Kernel] {
        let isContraction = shape.isPointwise || shape.isWhole
        switch method ?? (isContraction ? .contraction : shape.prefersDirect(role) ? .direct : .unfolded) {
        case .contraction where isContraction:
            return [contraction(role, shape, x: x, w: w, y: y, accumulate: accumulate)]
        case .direct:
            switch role {
            case .output: return [DirectOutput(shape, x: x, w: w, y: y, accumulate: accumulate)]
            case .weight: return [DirectWeight(shape, x: x, w: w, y: y, accumulate: accumulate)]
            case .input where shape.planes.stride_height > 1 || shape.planes.stride_width > 1:
                return [DirectInput(shape, x: x, w: w, y: y, accumulate: accumulate)]
            case .input:
                let view = shape.reversedWeight(w)
                let memory = Memory(byteCount: view.count * shape.storage.byteCount)
                weights.append(memory)
                let reversed = Operand(address: memory.address, storage: shape.storage, sizes: view.sizes)
                return [
                    CopyKernel(from: view, to: reversed),
                    DirectOutput(
                        shape.reversed, x: y, w: memory.address, y: x, accumulate: accumulate, flops: shape.flops),
                ]
            }
        case .unfolded, .contraction:
            switch role {
            case .output: return [UnfoldedOutput(shape, x: x, w: w, y: y, accumulate: accumulate)]
            case .input: return [UnfoldedInput(shape, x: x, w: w, y: y, accumulate: accumulate)]
            case .weight: return [UnfoldedWeight(shape, x: x, w: w, y: y, accumulate: accumulate)]
            }
        }
    }

    /// No window overlaps another: an ordinary product.
    private static func contraction(
        _ role: ConvolutionRole, _ shape: ConvolutionShape, x: UnsafeMutableRawPointer, w: UnsafeMutableRawPointer,
        y: UnsafeMutableRawPointer, accumulate: Bool
    ) -> ContractionKernel {
        let channels = shape.isPointwise ? shape.channels : shape.rows
        let positions = shape.outputPlane
        func operand(_ address: UnsafeMutableRawPointer, _ vectorStride: Int, _ sizes: [Int]) -> Operand {
            Operand(
                address: address, storage: shape.storage, sizes: vectorStride > 0 ? [shape.vectors] + sizes : sizes)
        }
        // Labels: 0 vector, 1 example, 2 group, 3 channel, 4 output, 5 position.
        let xOperand = operand(x, shape.xVectorStride, [shape.examples, shape.groups, channels, positions])
        let wOperand = operand(w, shape.wVectorStride, [shape.groups, shape.outputs, channels])
        let yOperand = operand(y, shape.yVectorStride, [shape.examples, shape.groups, shape.outputs, positions])
        let xLabels = (shape.xVectorStride > 0 ? [0] : []) + [1, 2, 3, 5]
        let wLabels = (shape.wVectorStride > 0 ? [0] : []) + [2, 4, 3]
        let yLabels = (shape.yVectorStride > 0 ? [0] : []) + [1, 2, 4, 5]
        switch role {
        case .output:
            return ContractionKernel(
                lhs: wOperand, lhsLabels: wLabels, rhs: xOperand, rhsLabels: xLabels, output: yOperand,
                outputLabels: yLabels, accumulate: accumulate)
        case .input:
            return ContractionKernel(
                lhs: wOperand, lhsLabels: wLabels, rhs: yOperand, rhsLabels: yLabels, output: xOperand,
                outputLabels: xLabels, accumulate: accumulate)
        case .weight:
            return ContractionKernel(
                lhs: yOperand, lhsLabels: yLabels, rhs: xOperand, rhsLabels: xLabels, output: wOperand,
                outputLabels: wLabels, accumulate: accumulate)
        }
    }
}
