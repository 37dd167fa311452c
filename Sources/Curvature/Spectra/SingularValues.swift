import Kernels

/// The largest singular values, in descending order. Small operators are materialized and left to LAPACK; of others, the eigenvalues of A^T A or
/// A A^T, whichever is smaller, are taken, so that values below sqrt(rounding) of the largest are not resolved.
package final class SingularValues {
    private let map: any LinearMap
    private let count: Int
    let workspace: Workspace
    private let method: Method

    private enum Method {
        case dense(UnitVectors, matrix: Operand, values: Operand)
        case gram(ThickRestartLanczos)
    }

    /// Elements up to which an operator is materialized.
    private static let denseElements = 1 << 16

    /// - Parameter transpose: the map's transpose, of the same width and storage.
    package init(
        _ map: any LinearMap, transpose: any LinearMap, count: Int = 6, tolerance: Double = 1e-5,
        maximumRestarts: Int = 300, seed: UInt64 = 0
    ) throws {
        try requirePositive(tolerance, "tolerance", for: "singular_values")
        let smaller = min(map.rows, map.columns)
        guard count >= 1, count <= smaller else {
            throw ProblemError(
                .options,
                "singular_values: expected a count from 1 to \(smaller), the operator's smaller side, found \(count)")
        }
        (self.map, self.count) = (map, count)
        let layout = Layout(map.rows, map.columns, map.width, map.storage, count)
        workspace = Workspace(layout.whole)
        if let matrix = layout.matrix, let values = layout.values {
            method = .dense(UnitVectors(map), matrix: workspace[matrix], values: workspace[values])
        } else {
            let isTall = map.rows >= map.columns
            let gram = GramMap(
                isTall ? map : transpose, transpose: isTall ? transpose : map, image: workspace[layout.image!])
            // The eigenvalue is the square: half of its relative error is the value's.
            method = .gram(
                try ThickRestartLanczos(
                    gram,
                    options: .init(
                        count: count, end: .largest, tolerance: tolerance, maximumRestarts: maximumRestarts, seed: seed)
                ))
        }
    }

    /// What an object of this class allocates, LAPACK's workspace not counted.
    package static func workspaceBytes(rows: Int, columns: Int, width: Int, storage: Storage, count: Int) -> Int {
        let layout = Layout(rows, columns, width, storage, count)
        let inner =
            layout.matrix != nil
            ? UnitVectors.workspaceBytes(rows: rows, columns: columns, width: width, storage: storage)
            : ThickRestartLanczos.workspaceBytes(
                size: min(rows, columns), width: width, storage: storage, options: .init(count: count))
        return layout.whole.byteCount + inner
    }

    private struct Layout {
        var whole = WorkspaceLayout()
        var matrix, values, image: WorkspaceLayout.Block?

        init(_ rows: Int, _ columns: Int, _ width: Int, _ storage: Storage, _ count: Int) {
            let smaller = min(rows, columns)
            if SingularValues.prefersDense(rows: rows, columns: columns, width: width, count: count) {
                matrix = whole.block(.float64, rows, columns)
                values = whole.block(.float64, smaller)
            } else {
                image = whole.block(storage, max(rows, columns), width)
            }
        }
    }

    private static func prefersDense(rows: Int, columns: Int, width: Int, count: Int) -> Bool {
        rows * columns <= denseElements
            || ThickRestartLanczos.prefersDense(size: min(rows, columns), width: width, options: .init(count: count))
    }
    /// Whether materializing is the better way.
    package static func prefersDense(rows: Int, columns: Int, _ options: SpectrumOptions) -> Bool {
        prefersDense(rows: rows, columns: columns, width: options.blockWidth, count: options.count)
    }

    package var isDense: Bool {
        if case .dense = method { return true }
        return false
    }

    /// - Returns: values as ``Eigenpairs`` has them; residuals are norm(A^T A v - value^2 v) / value where values are not
    ///   dense.
    package func run(monitor: IterationMonitor = .init()) throws -> Eigenpairs {
        switch method {
        case .dense(let units, let matrix, let values):
            try units.materialize(into: matrix, monitor: monitor)
            guard matrix.firstNonFinite == nil else {
                throw ProblemError(.notFinite, "singular_values: a product with the operator is NaN or infinite")
            }
            try LAPACK.singularValues(matrix, values: values)
            return Eigenpairs(
                values: Array(values.doubles.prefix(count)), residuals: Array(repeating: 0, count: count),
                converged: Array(repeating: true, count: count),
                applications: (map.columns + map.width - 1) / map.width, restarts: 0)
        case .gram(let lanczos):
            var pairs = try lanczos.run(monitor: monitor)
            for i in pairs.values.indices {
                pairs.values[i] = max(pairs.values[i], 0).squareRoot()
                if pairs.values[i] > 0 { pairs.residuals[i] /= pairs.values[i] }
            }
            return pairs
        }
    }
}
