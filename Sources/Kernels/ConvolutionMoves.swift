import CKernels

/// The loops in C, for the storage at hand.
extension ConvolutionShape {
    func at(_ address: UnsafeMutableRawPointer, _ element: Int) -> UnsafeMutableRawPointer {
        address + element * storage.byteCount
    }

    func clear(_ address: UnsafeMutableRawPointer, count: Int) {
        // All bits zero is the number zero.
        address.initializeMemory(as: UInt8.self, repeating: 0, count: count * storage.byteCount)
    }

    func unfold(
        _ image: UnsafeMutableRawPointer, rows: Range<Int>, positions: Range<Int>, into matrix: UnsafeMutableRawPointer,
        leading: Int
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_unfold_f32(
                    planes, image.assumingMemoryBound(to: Float.self), rows.lowerBound, rows.upperBound,
                    positions.lowerBound, positions.upperBound, matrix.assumingMemoryBound(to: Float.self), leading)
            default:
                ck_unfold_f64(
                    planes, image.assumingMemoryBound(to: Double.self), rows.lowerBound, rows.upperBound,
                    positions.lowerBound, positions.upperBound, matrix.assumingMemoryBound(to: Double.self), leading)
            }
        }
    }

    func fold(
        _ matrix: UnsafeMutableRawPointer, leading: Int, rows: Range<Int>, positions: Range<Int>,
        into image: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_fold_f32(
                    planes, matrix.assumingMemoryBound(to: Float.self), leading, rows.lowerBound, rows.upperBound,
                    positions.lowerBound, positions.upperBound, image.assumingMemoryBound(to: Float.self))
            default:
                ck_fold_f64(
                    planes, matrix.assumingMemoryBound(to: Double.self), leading, rows.lowerBound, rows.upperBound,
                    positions.lowerBound, positions.upperBound, image.assumingMemoryBound(to: Double.self))
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
                from.assumingMemoryBound(to: Float.self), to.assumingMemoryBound(to: Float.self), add ? 1 : 0)
        default:
            ck_move_runs_f64(
                outer, outerStrides.from, outerStrides.to, inner, innerStrides.from, innerStrides.to, run,
                from.assumingMemoryBound(to: Double.self), to.assumingMemoryBound(to: Double.self), add ? 1 : 0)
        }
    }

    func convolvePlane(_ x: UnsafeMutableRawPointer, _ w: UnsafeMutableRawPointer, into y: UnsafeMutableRawPointer) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_convolve_plane_f32(
                    planes, x.assumingMemoryBound(to: Float.self), w.assumingMemoryBound(to: Float.self),
                    y.assumingMemoryBound(to: Float.self))
            default:
                ck_convolve_plane_f64(
                    planes, x.assumingMemoryBound(to: Double.self), w.assumingMemoryBound(to: Double.self),
                    y.assumingMemoryBound(to: Double.self))
            }
        }
    }

    func convolvePlaneBack(_ y: UnsafeMutableRawPointer, _ w: UnsafeMutableRawPointer, into x: UnsafeMutableRawPointer)
    {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_convolve_plane_back_f32(
                    planes, y.assumingMemoryBound(to: Float.self), w.assumingMemoryBound(to: Float.self),
                    x.assumingMemoryBound(to: Float.self))
            default:
                ck_convolve_plane_back_f64(
                    planes, y.assumingMemoryBound(to: Double.self), w.assumingMemoryBound(to: Double.self),
                    x.assumingMemoryBound(to: Double.self))
            }
        }
    }

    func addTaps(
        _ x: UnsafeMutableRawPointer, _ y: UnsafeMutableRawPointer, to sums: UnsafeMutablePointer<Double>
    ) {
        withUnsafePointer(to: planes) { planes in
            switch storage {
            case .float32:
                ck_convolve_plane_taps_f32(
                    planes, x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float.self), sums)
            default:
                ck_convolve_plane_taps_f64(
                    planes, x.assumingMemoryBound(to: Double.self), y.assumingMemoryBound(to: Double.self), sums)
            }
        }
    }
}
