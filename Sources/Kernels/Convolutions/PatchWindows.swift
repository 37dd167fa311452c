/// The patches that a convolution's windows see of images: unfolded some entries and some rows of windows at a time, never for a batch.
///
/// Entry (c, i, j) of a patch is c k1 k2 + i k2 + j, zero where a window reaches beyond the image.
struct PatchWindows: @unchecked Sendable {
    // `@unchecked`: pointers to memory that a kernel reads.
    private let image: Operand
    private let last: Operand?
    /// Spatial axes, one-dimensional images as rows.
    private let axes: [Axis]
    private let channels: Int
    private let imagesPerLast: Int
    /// Of a patch, the entry behind those of the image included.
    let features: Int
    /// Of windows, in an image.
    let rowsPerImage: Int
    /// Windows in a row.
    let columns: Int

    private struct Axis {
        var input, output, kernel, stride, dilation, padding: Int
    }

    /// - Parameters:
    ///   - image: (images, channels, space), contiguous.
    ///   - last: (images), or for several images in a row each: an entry behind those of each patch.
    ///   - geometry: Of one group.
    init(_ image: Operand, last: Operand?, geometry: ConvolutionGeometry, taps: [Int]) {
        precondition(image.isContiguous && geometry.groups == 1)
        (self.image, self.last) = (image, last)
        let own = taps.indices.map { axis in
            Axis(
                input: image.sizes[axis + 2],
                output: geometry.outputExtent(axis: axis, input: image.sizes[axis + 2], kernel: taps[axis]),
                kernel: taps[axis], stride: geometry.strides[axis], dilation: geometry.dilations[axis],
                padding: geometry.padLow[axis])
        }
        precondition(own.count == 1 || own.count == 2, "a convolution over \(own.count) axes")
        axes =
            own.count == 2
            ? own : [Axis(input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, padding: 0)] + own
        channels = image.sizes[1]
        features = channels * taps.reduce(1, *) + (last == nil ? 0 : 1)
        imagesPerLast = last.map { image.sizes[0] / max(1, $0.sizes[0]) } ?? 1
        (rowsPerImage, columns) = (axes[0].output, axes[1].output)
    }

    /// One row of `target`, of the image's storage, for each entry, with all windows of the rows `chunk`; rows are numbered through all images.
    func unfold(_ entries: Range<Int>, rows chunk: Range<Int>, to target: UnsafeMutableRawPointer) {
        switch image.storage {
        case .float32: unfold(entries, chunk, to: target.assumingMemoryBound(to: Float.self))
        default: unfold(entries, chunk, to: target.assumingMemoryBound(to: Double.self))
        }
    }

    private func unfold<Element: BinaryFloatingPoint>(
        _ entries: Range<Int>, _ chunk: Range<Int>, to target: UnsafeMutablePointer<Element>
    ) {
        let source = image.address.assumingMemoryBound(to: Element.self)
        let (vertical, horizontal) = (axes[0], axes[1])
        let width = horizontal.output
        let taps = vertical.kernel * horizontal.kernel
        var place = target
        for entry in entries {
            let (channel, tap) = entry.quotientAndRemainder(dividingBy: taps)
            let (i, j) = tap.quotientAndRemainder(dividingBy: horizontal.kernel)
            let shift = j * horizontal.dilation - horizontal.padding
            // Windows whose tap lies in the input.
            let low = min(max(0, ceilingQuotient(max(0, -shift), horizontal.stride)), width)
            let reach = horizontal.input - shift
            let high = reach <= 0 ? low : max(low, min(width, ceilingQuotient(reach, horizontal.stride)))
            for row in chunk {
                let (own, window) = row.quotientAndRemainder(dividingBy: vertical.output)
                if channel == channels {
                    let value = last!.address.assumingMemoryBound(to: Element.self)[own / imagesPerLast]
                    place.update(repeating: value, count: width)
                    place += width
                    continue
                }
                let y = window * vertical.stride + i * vertical.dilation - vertical.padding
                guard (0..<vertical.input).contains(y) else {
                    place.update(repeating: 0, count: width)
                    place += width
                    continue
                }
                let line = source + ((own * channels + channel) * vertical.input + y) * horizontal.input
                place.update(repeating: 0, count: low)
                if horizontal.stride == 1 {
                    if high > low { (place + low).update(from: line + (low + shift), count: high - low) }
                } else {
                    for o in low..<high { place[o] = line[o * horizontal.stride + shift] }
                }
                (place + high).update(repeating: 0, count: width - high)
                place += width
            }
        }
    }
}
