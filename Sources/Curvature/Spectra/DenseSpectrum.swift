import Kernels

/// Eigenvalues and eigenvectors of a small symmetric operator: materialized, then LAPACK.
package final class DenseSpectrum {
    private let map: any LinearMap
    private let end: SpectrumEnd
    private let count: Int
    private let checksSymmetry: Bool
    let workspace: Workspace
    private let units: UnitVectors
    private let matrix: Operand
    private let eigenvalues: Operand
    private let blocks: SolverBlocks
    private let x: Operand
    private let y: Operand

    /// - Parameter checksSymmetry: Whether the matrix may not be symmetric; else its symmetric part is what rounding left of it.
    package init(_ map: any LinearMap, count: Int, end: SpectrumEnd, checksSymmetry: Bool = false) throws {
        try requireCount(count, of: map, for: "eigenvalues")
        (self.map, self.end, self.count, self.checksSymmetry) = (map, end, count, checksSymmetry)
        let layout = Layout(map.rows, map.width, map.storage)
        workspace = Workspace(layout.whole)
        units = UnitVectors(map)
        (matrix, eigenvalues) = (workspace[layout.matrix], workspace[layout.values])
        (x, y) = (workspace[layout.x], workspace[layout.y])
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
    }

    /// What an object of this class allocates, LAPACK's workspace (three times the matrix) not counted.
    package static func workspaceBytes(size: Int, width: Int, storage: Storage) -> Int {
        Layout(size, width, storage).whole.byteCount
            + UnitVectors.workspaceBytes(rows: size, columns: size, width: width, storage: storage)
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        let matrix, values, x, y, partials: WorkspaceLayout.Block

        init(_ size: Int, _ width: Int, _ storage: Storage) {
            matrix = whole.block(.float64, size, size)
            values = whole.block(.float64, size)
            x = whole.block(storage, size, width)
            y = whole.block(storage, size, width)
            partials = SolverBlocks.partials(size, width, in: &whole)
        }
    }

    /// - Parameter vectors: (n, count); one eigenvector in each column.
    package func run(vectors: Operand? = nil, monitor: IterationMonitor = .init()) throws -> Eigenpairs {
        let size = map.rows
        try units.materialize(into: matrix, monitor: monitor)
        guard matrix.firstNonFinite == nil else {
            throw ProblemError(.notFinite, "eigenvalues: a product with the operator is NaN or infinite")
        }
        try matrix.takeSymmetricPart(for: checksSymmetry ? "eigenvalues" : nil)
        try LAPACK.symmetricEigen(matrix, values: eigenvalues)
        let all = eigenvalues.doubles
        let order = Array(end.order(all).prefix(count))
        let values = order.map { all[$0] }
        var residuals: [Double] = []
        var applications = (size + map.width - 1) / map.width
        for group in blocks.groups(of: count) {
            ColumnCombination.clear(x)
            for (place, number) in group.enumerated() {
                // Rows are eigenvectors.
                let row = Operand(
                    address: matrix.address + order[number] * size * 8, storage: .float64, sizes: [size, 1])
                ColumnCombination.copy(row, to: x.columns(place..<place + 1))
            }
            try map.apply(x, into: y)
            applications += 1
            if let vectors { blocks.store(x, to: group, of: vectors) }
            let padded = group.map { -values[$0] } + Array(repeating: 0, count: map.width - group.count)
            blocks.combine(padded, x, blocks.ones, y)
            residuals += blocks.norms(y).prefix(group.count)
        }
        return Eigenpairs(
            values: values, residuals: residuals, converged: values.map { _ in true }, applications: applications,
            restarts: 0)
    }
}

func requireCount(_ count: Int, of map: any LinearMap, for task: String) throws {
    try map.requireSquare(for: task)
    guard count >= 1, count <= map.rows else {
        throw ProblemError(
            .options, "\(task): expected a count from 1 to \(map.rows), the operator's size, found \(count)")
    }
}
