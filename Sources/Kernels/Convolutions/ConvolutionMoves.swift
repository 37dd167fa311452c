import CKernels

/// The loops in C, for the storage at hand. `padded` is scratch memory of `paddedCount` elements.
extension ConvolutionShape {
    func at(_ address: UnsafeMutableRawPointer, _ element: Int) -> UnsafeMutableRawPointer {
        address + element * storage.byteCount
    }

    func clear(_ address: UnsafeMutableRawPointer, count: Int) {
        // All bits zero is the number zero.
        address.initializeMemory(as: UInt8.self, repeating: 0, count: count * storage.byteCount)
    }

    /// Elements of a padded plane that serves `outRows` rows of the output.
    func paddedCount(outRows: Int) -> Int {
        withUnsafePointer(to: planes) { ck_padded_count($0, outRows) }
    }

    /// What serves any run of `positions` positions.
    func paddedCount(positions: Int) -> Int {
        paddedCount(outRows: min(planes.out_height, (positions + planes.out_width - 2) / planes.out_width + 1))
    }

    func unfold(
        _ image: UnsafeMutableRawPointer, rows: Range<Int>, positions: Range<Int>, into matrix: UnsafeMutableRawPointer,
        leading: Int, padded: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_unfold_f32(
                    planes, floats(image), rows.lowerBound, rows.upperBound, positions.lowerBound,
                    positions.upperBound, floats(matrix), leading, floats(padded))
            default:
                ck_unfold_f64(
                    planes, doubles(image), rows.lowerBound, rows.upperBound, positions.lowerBound,
                    positions.upperBound, doubles(matrix), leading, doubles(padded))
            }
        }
    }

    /// `rows` are those of whole channels.
    func fold(
        _ matrix: UnsafeMutableRawPointer, leading: Int, rows: Range<Int>, positions: Range<Int>,
        into image: UnsafeMutableRawPointer, padded: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_fold_f32(
                    planes, floats(matrix), leading, rows.lowerBound, rows.upperBound, positions.lowerBound,
                    positions.upperBound, floats(image), floats(padded))
            default:
                ck_fold_f64(
                    planes, doubles(matrix), leading, rows.lowerBound, rows.upperBound, positions.lowerBound,
                    positions.upperBound, doubles(image), doubles(padded))
            }
        }
    }

    /// Output planes of several examples, [example][output][position] in `y`, to a matrix [output][example, position].
    func gather(
        _ y: UnsafeMutableRawPointer, examples: Int, outputs: Int, into matrix: UnsafeMutableRawPointer, leading: Int
    ) {
        moveRuns(
            outer: outputs, (outputPlane, leading), inner: examples, (yExample, outputPlane), run: outputPlane,
            from: y, to: matrix, add: false)
    }

    /// The other way, over what is there or added to it.
    func scatter(
        _ matrix: UnsafeMutableRawPointer, leading: Int, examples: Int, outputs: Int, into y: UnsafeMutableRawPointer,
        add: Bool
    ) {
        moveRuns(
            outer: outputs, (leading, outputPlane), inner: examples, (outputPlane, yExample), run: outputPlane,
            from: matrix, to: y, add: add)
    }

    private func moveRuns(
        outer: Int, _ outerStrides: (from: Int, to: Int), inner: Int, _ innerStrides: (from: Int, to: Int), run: Int,
        from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, add: Bool
    ) {
        switch storage {
        case .float32:
            ck_move_runs_f32(
                outer, outerStrides.from, outerStrides.to, inner, innerStrides.from, innerStrides.to, run,
                floats(from), floats(to), add ? 1 : 0)
        default:
            ck_move_runs_f64(
                outer, outerStrides.from, outerStrides.to, inner, innerStrides.from, innerStrides.to, run,
                doubles(from), doubles(to), add ? 1 : 0)
        }
    }

    /// Makes a padded plane of what the output rows `rows` see of a channel.
    func pad(_ channel: UnsafeMutableRawPointer, rows: Range<Int>, into padded: UnsafeMutableRawPointer) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32: ck_pad_f32(planes, floats(channel), rows.lowerBound, rows.upperBound, floats(padded))
            default: ck_pad_f64(planes, doubles(channel), rows.lowerBound, rows.upperBound, doubles(padded))
            }
        }
    }

    /// Rows of `outputs` output planes from the padded planes of all channels, which follow each other.
    func convolve(
        _ padded: UnsafeMutableRawPointer, kernels: UnsafeMutableRawPointer, outputs: Int, rows: Range<Int>,
        into y: UnsafeMutableRawPointer, overwrite: Bool
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_convolve_f32(
                    planes, floats(padded), channels, floats(kernels), outputs, rows.lowerBound, rows.upperBound,
                    floats(y), overwrite ? 1 : 0)
            default:
                ck_convolve_f64(
                    planes, doubles(padded), channels, doubles(kernels), outputs, rows.lowerBound, rows.upperBound,
                    doubles(y), overwrite ? 1 : 0)
            }
        }
    }

    /// Adds to one channel what the output planes of its group send back. `kernels` are those of the channel.
    func convolveBack(
        _ y: UnsafeMutableRawPointer, kernels: UnsafeMutableRawPointer, into channel: UnsafeMutableRawPointer,
        padded: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_convolve_back_f32(planes, floats(y), outputs, floats(kernels), rows, floats(channel), floats(padded))
            default:
                ck_convolve_back_f64(
                    planes, doubles(y), outputs, doubles(kernels), rows, doubles(channel), doubles(padded))
            }
        }
    }

    /// Elements of an output plane whose rows are widened to whole vectors.
    var widenedPlane: Int { withUnsafePointer(to: planes) { ck_widened_width($0) } * planes.out_height }

    func widen(_ y: UnsafeMutableRawPointer, outputs: Int, into widened: UnsafeMutableRawPointer) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32: ck_widen_f32(planes, floats(y), outputs, floats(widened))
            default: ck_widen_f64(planes, doubles(y), outputs, doubles(widened))
            }
        }
    }

    func addTaps(
        _ padded: UnsafeMutableRawPointer, widened: UnsafeMutableRawPointer, outputs: Int,
        to sums: UnsafeMutablePointer<Double>, stride: Int
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32: ck_convolve_taps_f32(planes, floats(padded), floats(widened), outputs, sums, stride)
            default: ck_convolve_taps_f64(planes, doubles(padded), doubles(widened), outputs, sums, stride)
            }
        }
    }

    private func floats(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        address.assumingMemoryBound(to: Float.self)
    }

    private func doubles(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Double> {
        address.assumingMemoryBound(to: Double.self)
    }
}
