import CKernels

/// The sizes of a convolution, one-dimensional ones as images of height 1.
struct ConvolutionShape {
    var storage: Storage
    /// The size of the leading axis K; 1 without it.
    var vectors = 1
    var examples: Int
    var groups: Int
    /// For each group.
    var channels: Int
    var outputs: Int
    var planes: ck_planes
    /// Elements from one index of K to the next; 0 in an operand without it.
    var xVectorStride = 0
    var wVectorStride = 0
    var yVectorStride = 0

    var inputPlane: Int { planes.height * planes.width }
    var outputPlane: Int { planes.out_height * planes.out_width }
    var taps: Int { planes.kernel_height * planes.kernel_width }
    /// Of one group's unfolded input: channels and taps.
    var rows: Int { channels * taps }
    var xExample: Int { groups * channels * inputPlane }
    var yExample: Int { groups * outputs * outputPlane }
    var xCount: Int { max(xVectorStride > 0 ? vectors : 1, 1) * examples * xExample }
    var flops: Int { 2 * vectors * examples * groups * outputs * outputPlane * rows }

    init(x: Operand, w: Operand, y: Operand, role: ConvolutionRole, geometry: ConvolutionGeometry) {
        let spatial = geometry.strides.count
        precondition(spatial == 1 || spatial == 2, "a convolution over \(spatial) axes")
        precondition(
            geometry.dilations.count == spatial && geometry.padLow.count == spatial
                && geometry.padHigh.count == spatial,
            "strides, dilations and paddings of a convolution have different ranks")
        precondition(x.storage == w.storage && x.storage == y.storage, "operands are stored differently")
        precondition(x.storage == .float32 || x.storage == .float64, "a convolution of \(x.storage)")
        for operand in [x, w, y] {
            precondition(operand.isContiguous, "a convolution's operands are contiguous")
            precondition(
                operand.rank == spatial + 2 || operand.rank == spatial + 3, "a convolution of rank \(operand.rank)")
        }
        storage = x.storage
        let leading = [x, w, y].map { $0.rank == spatial + 3 }
        let sizes = [x, w, y].map { Array($0.sizes.suffix(spatial + 2)) }
        vectors = zip([x, w, y], leading).first { $0.1 }?.0.sizes[0] ?? 1
        for (operand, leads) in zip([x, w, y], leading) where leads {
            precondition(operand.sizes[0] == vectors, "operands have \(operand.sizes[0]) and \(vectors) vectors")
        }
        let (result, inputs) =
            switch role {
            case .output: (leading[2], leading[0] || leading[1])
            case .input: (leading[0], leading[1] || leading[2])
            case .weight: (leading[1], leading[0] || leading[2])
            }
        precondition(result == inputs, "the result of a convolution has vectors if and only if an input has")
        examples = sizes[0][0]
        groups = geometry.groups
        precondition(groups > 0, "a convolution in \(groups) groups")
        channels = sizes[1][1]
        outputs = sizes[1][0] / groups
        precondition(
            sizes[2][0] == examples && sizes[0][1] == groups * channels && sizes[1][0] == groups * outputs
                && sizes[2][1] == groups * outputs,
            "a convolution of \(x.sizes) with \(w.sizes) to \(y.sizes) in \(groups) groups")

        planes = ck_planes()
        func pair(_ values: [Int], missing: Int) -> (Int, Int) {
            spatial == 2 ? (values[0], values[1]) : (missing, values[0])
        }
        (planes.height, planes.width) = pair(Array(sizes[0].suffix(spatial)), missing: 1)
        (planes.kernel_height, planes.kernel_width) = pair(Array(sizes[1].suffix(spatial)), missing: 1)
        (planes.out_height, planes.out_width) = pair(Array(sizes[2].suffix(spatial)), missing: 1)
        (planes.stride_height, planes.stride_width) = pair(geometry.strides, missing: 1)
        (planes.dilation_height, planes.dilation_width) = pair(geometry.dilations, missing: 1)
        (planes.pad_height, planes.pad_width) = pair(geometry.padLow, missing: 0)
        for axis in 0..<spatial {
            let expected = geometry.outputExtent(axis: axis, input: sizes[0][axis + 2], kernel: sizes[1][axis + 2])
            precondition(
                sizes[2][axis + 2] == expected,
                "a convolution's output has \(sizes[2][axis + 2]), not \(expected), places")
        }

        if leading[0] { xVectorStride = examples * xExample }
        if leading[1] { wVectorStride = groups * outputs * rows }
        if leading[2] { yVectorStride = examples * yExample }
        // Vectors that share the weight are just more examples.
        if leading[0], leading[2], !leading[1] {
            examples *= vectors
            (vectors, xVectorStride, yVectorStride) = (1, 0, 0)
        }
    }

    /// Windows that are the elements themselves.
    var isPointwise: Bool {
        planes.kernel_height == 1 && planes.kernel_width == 1 && planes.stride_height == 1 && planes.stride_width == 1
            && planes.pad_height == 0 && planes.pad_width == 0 && planes.out_height == planes.height
            && planes.out_width == planes.width
    }

    /// One window that is the whole input.
    var isWhole: Bool {
        outputPlane == 1 && planes.kernel_height == planes.height && planes.kernel_width == planes.width
            && planes.pad_height == 0 && planes.pad_width == 0
            && (planes.dilation_height == 1 || planes.height == 1) && (planes.dilation_width == 1 || planes.width == 1)
    }

    /// The taps, down and across, that see more than padding from some output.
    var usefulTaps: (down: Range<Int>, across: Range<Int>) {
        func useful(_ taps: Int, _ outputs: Int, _ stride: Int, _ dilation: Int, _ pad: Int, _ size: Int) -> Range<Int>
        {
            let places = (0..<taps).filter { tap in
                ConvolutionShape.seen(tap, outputs, stride, dilation, pad, size) > 0
            }
            guard let first = places.first, let last = places.last else { return 0..<0 }
            return first..<last + 1
        }
        return (
            useful(
                planes.kernel_height, planes.out_height, planes.stride_height, planes.dilation_height,
                planes.pad_height, planes.height),
            useful(
                planes.kernel_width, planes.out_width, planes.stride_width, planes.dilation_width, planes.pad_width,
                planes.width)
        )
    }

    /// How many of `outputs` see the input, not its padding, through `tap`.
    private static func seen(
        _ tap: Int, _ outputs: Int, _ stride: Int, _ dilation: Int, _ pad: Int, _ size: Int
    ) -> Int {
        let offset = pad - tap * dilation
        let begin = offset > 0 ? ceilingQuotient(offset, stride) : 0
        let end = size + offset > 0 ? ceilingQuotient(size + offset, stride) : 0
        return max(min(end, outputs) - begin, 0)
    }

    /// The same convolution with some of its taps.
    func restricted(down: Range<Int>, across: Range<Int>) -> ConvolutionShape {
        var shape = self
        shape.planes.kernel_height = down.count
        shape.planes.kernel_width = across.count
        shape.planes.pad_height -= down.lowerBound * planes.dilation_height
        shape.planes.pad_width -= across.lowerBound * planes.dilation_width
        if wVectorStride > 0 { shape.wVectorStride = groups * outputs * shape.rows }
        return shape
    }

    /// The convolution of y that gives x, where strides are 1: channels and outputs have changed places, and the
    /// kernels are those of `reversedWeight`.
    var reversed: ConvolutionShape {
        var shape = self
        (shape.channels, shape.outputs) = (outputs, channels)
        (shape.planes.height, shape.planes.out_height) = (planes.out_height, planes.height)
        (shape.planes.width, shape.planes.out_width) = (planes.out_width, planes.width)
        shape.planes.pad_height = (planes.kernel_height - 1) * planes.dilation_height - planes.pad_height
        shape.planes.pad_width = (planes.kernel_width - 1) * planes.dilation_width - planes.pad_width
        (shape.xVectorStride, shape.yVectorStride) = (yVectorStride, xVectorStride)
        return shape
    }

    /// A view of the weight, [K][group][channel][output][r][s], with its taps from last to first.
    func reversedWeight(_ w: UnsafeMutableRawPointer) -> Operand {
        Operand(
            address: w + (taps - 1) * storage.byteCount, storage: storage,
            sizes: [
                wVectorStride > 0 ? vectors : 1, groups, channels, outputs, planes.kernel_height, planes.kernel_width,
            ],
            strides: [wVectorStride, outputs * rows, taps, rows, -planes.kernel_width, -1])
    }
}
