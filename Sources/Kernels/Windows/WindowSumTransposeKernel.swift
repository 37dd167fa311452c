import CKernels

/// The transpose of the sums over sliding windows: adds each window's cotangent to all elements that the window sees.
package final class WindowSumTransposeKernel: Kernel {
    package let matmulFlops = 0
    package let flops: Int

    private let cotangent: Operand
    private let output: Operand
    private let windows: WindowPlanes

    /// - Parameter output: it has the sizes of what the windows slide over.
    package init(cotangent: Operand, output: Operand, geometry: WindowGeometry) {
        precondition(cotangent.storage == output.storage && output.storage != .int64 && output.storage != .bool)
        self.cotangent = cotangent
        self.output = output
        windows = WindowPlanes(plane: output, windows: cotangent, geometry: geometry)
        flops = cotangent.count * geometry.sizes.reduce(1, *)
    }

    package func run(_ state: RunState) {
        state.flops += flops
        var c = windows.c
        withUnsafePointer(to: &c) { c in
            windows.forEachPart(splittingRows: false) { planes, _ in
                ck_window_spread(
                    c, CInt(output.storage.rawValue), cotangent.address, output.address, Int64(planes.lowerBound),
                    Int64(planes.upperBound))
            }
        }
    }
}
