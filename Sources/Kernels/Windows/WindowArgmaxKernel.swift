import CKernels

/// Where each sliding window has its maximum: the index within the flattened plane, of the first one if there are
/// several. NaN wins over everything, padding over nothing; a window that sees no element gives 0.
package final class WindowArgmaxKernel: Kernel {
    package let matmulFlops = 0
    package let flops = 0

    private let input: Operand
    private let output: Operand
    private let windows: WindowPlanes

    /// - Parameter output: int64.
    package init(input: Operand, output: Operand, geometry: WindowGeometry) {
        precondition(output.storage == .int64 && input.storage != .int64 && input.storage != .bool)
        self.input = input
        self.output = output
        windows = WindowPlanes(plane: input, windows: output, geometry: geometry)
        precondition(windows.c.size.0 * windows.c.size.1 <= Int64(Int32.max), "a plane of more than 2^31 elements")
    }

    package func run(_ state: RunState) {
        var c = windows.c
        withUnsafePointer(to: &c) { c in
            windows.forEachPart(splittingRows: true) { planes, rows in
                ck_window_argmax(
                    c, CInt(input.storage.rawValue), input.address, output.address.assumingMemoryBound(to: Int64.self),
                    Int64(planes.lowerBound), Int64(planes.upperBound), Int64(rows.lowerBound), Int64(rows.upperBound))
            }
        }
    }
}
