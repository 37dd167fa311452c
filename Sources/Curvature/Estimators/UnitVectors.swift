import Kernels

/// Trace, diagonal and squared Frobenius norm exactly, and the matrix itself, by products with all unit vectors.
package final class UnitVectors {
    private let map: any LinearMap
    let workspace: Workspace
    private let blocks: SolverBlocks
    private let x: Operand
    private let y: Operand

    package init(_ map: any LinearMap) {
        self.map = map
        let layout = Layout(map.rows, map.columns, map.width, map.storage)
        workspace = Workspace(layout.whole)
        (x, y) = (workspace[layout.x], workspace[layout.y])
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(rows: Int, columns: Int, width: Int, storage: Storage) -> Int {
        Layout(rows, columns, width, storage).whole.byteCount
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let x, y, partials: WorkspaceLayout.Block

        init(_ rows: Int, _ columns: Int, _ width: Int, _ storage: Storage) {
            x = whole.block(storage, columns, width)
            y = whole.block(storage, rows, width)
            partials = SolverBlocks.partials(rows, width, in: &whole)
        }
    }

    package func trace(monitor: IterationMonitor = .init()) throws -> Estimate {
        try map.requireSquare(for: "trace")
        var sum = 0.0
        try forEachBlock(monitor) { first in sum += UnitBlock.diagonal(y, first: first).reduce(0, +) }
        return exact(sum)
    }

    package func squaredFrobeniusNorm(monitor: IterationMonitor = .init()) throws -> Estimate {
        var sum = 0.0
        // Columns beyond the last one are products with 0.
        try forEachBlock(monitor) { _ in sum += blocks.dots(y, y).reduce(0, +) }
        return exact(sum)
    }

    /// Writes the diagonal to `diagonal` (n, 1).
    package func diagonal(into diagonal: Operand, monitor: IterationMonitor = .init()) throws {
        try map.requireSquare(for: "diagonal")
        precondition(diagonal.sizes == [map.rows, 1])
        try forEachBlock(monitor) { first in
            let values = UnitBlock.diagonal(y, first: first)
            diagonal.rows(first..<first + values.count).fill(values)
        }
    }

    /// Writes the matrix to `matrix` (rows, columns).
    package func materialize(into matrix: Operand, monitor: IterationMonitor = .init()) throws {
        precondition(matrix.sizes == [map.rows, map.columns])
        try forEachBlock(monitor) { first in
            blocks.store(y, to: first..<min(first + map.width, map.columns), of: matrix)
        }
    }

    private func exact(_ value: Double) -> Estimate {
        Estimate(
            value: value, standardError: 0, samples: map.columns,
            applications: (map.columns + map.width - 1) / map.width, converged: true)
    }

    private func forEachBlock(_ monitor: IterationMonitor, _ body: (_ first: Int) throws -> Void) throws {
        for first in stride(from: 0, to: map.columns, by: map.width) {
            UnitBlock.fill(x, first: first)
            try map.apply(x, into: y)
            try body(first)
            let done = min(first + map.width, map.columns)
            try monitor.report(done, 1 - Double(done) / Double(map.columns))
        }
    }
}
