import Kernels

/// Eigenvalues by the better way for the operator's size: ``DenseSpectrum`` or ``ThickRestartLanczos``.
package final class Eigenvalues {
    private let solve: (Operand?, IterationMonitor) throws -> Eigenpairs
    package let isDense: Bool

    package init(_ map: any LinearMap, options: ThickRestartLanczos.Options = .init()) throws {
        try requirePositive(options.tolerance, "tolerance", for: "eigenvalues")
        try requireCount(options.count, of: map, for: "eigenvalues")
        isDense = ThickRestartLanczos.prefersDense(size: map.rows, width: map.width, options: options)
        if isDense {
            let dense = try DenseSpectrum(
                map, count: options.count, end: options.end, checksSymmetry: options.checksSymmetry)
            solve = { try dense.run(vectors: $0, monitor: $1) }
        } else {
            let lanczos = try ThickRestartLanczos(map, options: options)
            solve = { try lanczos.run(vectors: $0, monitor: $1) }
        }
    }

    /// What an object of this class allocates.
    package static func workspaceBytes(
        size: Int, width: Int, storage: Storage, options: ThickRestartLanczos.Options
    ) -> Int {
        ThickRestartLanczos.prefersDense(size: size, width: width, options: options)
            ? DenseSpectrum.workspaceBytes(size: size, width: width, storage: storage)
            : ThickRestartLanczos.workspaceBytes(size: size, width: width, storage: storage, options: options)
    }

    /// - Parameter vectors: (n, count); one eigenvector in each column.
    package func run(vectors: Operand? = nil, monitor: IterationMonitor = .init()) throws -> Eigenpairs {
        try solve(vectors, monitor)
    }
}
