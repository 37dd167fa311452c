import Glibc
import Kernels

/// The logarithm of a determinant by eigenvalues: minus infinity for what is singular to its rounding, and a refusal of what is not positive.
enum DenseLogdet {
    /// What it takes beside the matrix.
    static func workspaceBytes(size: Int) -> Int { layout(size).whole.byteCount }

    private static func layout(
        _ size: Int
    ) -> (whole: WorkspaceLayout, matrix: WorkspaceLayout.Block, values: WorkspaceLayout.Block) {
        var whole = WorkspaceLayout()
        let matrix = whole.block(.float64, size, size)
        let values = whole.block(.float64, size)
        return (whole, matrix, values)
    }

    static func run(_ matrix: Operand, checksSymmetry: Bool) throws -> Double {
        let size = matrix.sizes[0]
        let layout = layout(size)
        let workspace = Workspace(layout.whole)
        let (copy, values) = (workspace[layout.matrix], workspace[layout.values])
        ColumnCombination.copy(matrix, to: copy)
        guard copy.firstNonFinite == nil else {
            throw ProblemError(.notFinite, "logdet: the matrix has an entry that is NaN or infinite")
        }
        try copy.takeSymmetricPart(for: checksSymmetry ? "logdet" : nil)
        try LAPACK.symmetricEigen(copy, values: values, vectors: false)
        let eigenvalues = withExtendedLifetime(workspace) { values.doubles }
        let largest = eigenvalues.map(abs).max() ?? 1
        let rounding = matrix.storage == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
        let least = Double(size) * rounding * largest
        if let negative = eigenvalues.first, negative < -least {
            throw ProblemError(
                .options,
                "logdet: expected a positive definite operator, found one with the eigenvalue \(NumberText.short(negative)); add a multiple of identity"
            )
        }
        return eigenvalues.reduce(0) { $0 + ($1 > least ? log($1) : -.infinity) }
    }
}
