import CKernels

/// Sums over sliding windows; padding counts as zero.
package final class WindowSumKernel: Kernel {
    package let matmulFlops = 0
    package let flops: Int

    private let input: Operand
    private let output: Operand
    private let windows: WindowPlanes

    package init(input: Operand, output: Operand, geometry: WindowGeometry) {
        precondition(input.storage == output.storage && input.storage != .int64 && input.storage != .bool)
        self.input = input
        self.output = output
        windows = WindowPlanes(plane: input, windows: output, geometry: geometry)
        flops = output.count * geometry.sizes.reduce(1, *)
    }

    package func run(_ state: RunState) {
        state.flops += flops
        var c = windows.c
        withUnsafePointer(to: &c) { c in
            windows.forEachPart(splittingRows: true) { planes, rows in
                ck_window_sum(
                    c, CInt(input.storage.rawValue), input.address, output.address, Int64(planes.lowerBound),
                    Int64(planes.upperBound), Int64(rows.lowerBound), Int64(rows.upperBound))
            }
        }
    }
}
