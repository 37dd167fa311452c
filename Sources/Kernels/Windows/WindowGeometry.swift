import CKernels

/// Sliding windows over the last one or two axes: one number for each of these.
package struct WindowGeometry: Hashable, Sendable {
    package var sizes: [Int]
    package var strides: [Int]
    package var dilations: [Int]
    package var padLow: [Int]
    package var padHigh: [Int]

    package init(sizes: [Int], strides: [Int], dilations: [Int], padLow: [Int], padHigh: [Int]) {
        self.sizes = sizes
        self.strides = strides
        self.dilations = dilations
        self.padLow = padLow
        self.padHigh = padHigh
    }
}

/// The windows of all planes of an operand, as the C loops want them: always over two axes.
struct WindowPlanes {
    let c: ck_window
    let planes: Int
    /// Elements that the windows of one row see.
    let rowWork: Int
    let rows: Int

    /// - Parameter plane: an operand that the windows slide over.
    /// - Parameter windows: an operand with one element for each window; how many there are is not checked against the
    ///   padding, since windows may reach beyond the plane.
    init(plane: Operand, windows: Operand, geometry: WindowGeometry) {
        let axes = geometry.sizes.count
        precondition(axes == 1 || axes == 2, "windows over \(axes) axes")
        precondition(plane.isContiguous && windows.isContiguous, "windows over a view with gaps")
        precondition(
            plane.rank == windows.rank && plane.rank >= axes
                && plane.sizes.dropLast(axes) == windows.sizes.dropLast(axes),
            "windows of sizes \(windows.sizes) over sizes \(plane.sizes)")
        func pair(_ values: [Int], _ missing: Int64) -> (Int64, Int64) {
            let last = values.suffix(axes).map(Int64.init)
            return axes == 1 ? (missing, last[0]) : (last[0], last[1])
        }
        precondition(geometry.strides.allSatisfy { $0 > 0 }, "strides \(geometry.strides)")
        c = ck_window(
            size: pair(plane.sizes, 1), windows: pair(windows.sizes, 1), window: pair(geometry.sizes, 1),
            stride: pair(geometry.strides, 1), dilation: pair(geometry.dilations, 1), pad: pair(geometry.padLow, 0))
        planes = plane.sizes.dropLast(axes).reduce(1, *)
        rows = Int(c.windows.0)
        rowWork = Int(c.windows.1) * geometry.sizes.reduce(1, *)
    }

    /// Calls `body` with ranges of planes and of rows of windows, in parallel.
    func forEachPart(splittingRows: Bool, _ body: (Range<Int>, Range<Int>) -> Void) {
        let planeWork = max(rows * rowWork, 1)
        let planesPerTask = max(1, 16384 / planeWork)
        let planeTasks = (planes + planesPerTask - 1) / planesPerTask
        // Few planes that are large are cut into bands of rows.
        let isCut = splittingRows && planeTasks < 16 && planeWork >= 65536
        let rowsPerTask = isCut ? max(1, 16384 / max(rowWork, 1)) : max(rows, 1)
        let rowTasks = isCut ? (rows + rowsPerTask - 1) / rowsPerTask : 1
        parallelFor(planeTasks * rowTasks) { task in
            let plane = task / rowTasks * planesPerTask
            let row = task % rowTasks * rowsPerTask
            body(plane..<min(plane + planesPerTask, planes), row..<min(row + rowsPerTask, rows))
        }
    }
}
