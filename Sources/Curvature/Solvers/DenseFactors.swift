import Kernels

/// The factors of a square matrix in a buffer (n + 1, n) of float64: L of a Cholesky decomposition where the matrix is symmetric
/// positive definite, else L and U with exchanged rows. The last row says which rows were exchanged; -1 stands for Cholesky.
struct DenseFactors {
    private let factors: Operand
    private let notes: Operand

    init(in buffer: Operand) {
        let size = buffer.sizes[1]
        precondition(buffer.sizes == [size + 1, size] && buffer.storage == .float64)
        (factors, notes) = (buffer.rows(0..<size), buffer.rows(size..<size + 1))
    }

    private var size: Int { factors.sizes[0] }
    private var isCholesky: Bool { notes.doubles[0] == -1 }

    /// - Throws: an error where the matrix is singular or not finite.
    func factorize(_ matrix: Operand) throws {
        let task = "inverse(solver=direct)"
        ColumnCombination.copy(matrix, to: factors)
        guard factors.firstNonFinite == nil else {
            throw ProblemError(.notFinite, "\(task): the matrix has an entry that is NaN or infinite")
        }
        if isSymmetric(rounding: matrix.storage == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne) {
            do {
                try LAPACK.cholesky(factors)
                notes.fill(Array(repeating: -1.0, count: size))
                return
            } catch is LAPACKError {
                // Indefinite or singular: the other decomposition says which.
                ColumnCombination.copy(matrix, to: factors)
            }
        }
        var pivots: [Int32] = []
        do {
            try LAPACK.lu(factors, pivots: &pivots)
        } catch let error as LAPACKError {
            throw ProblemError(
                .options, "\(task): \(error.meaning); a multiple of identity added to the operator makes it regular")
        }
        notes.fill(pivots.map(Double.init))
    }

    /// - Parameter rightHandSides: (k, n), one in each **row**; becomes the solutions.
    func solve(_ rightHandSides: Operand) throws {
        if isCholesky {
            try LAPACK.choleskySolve(factor: factors, rightHandSides)
        } else {
            try LAPACK.luSolve(factors: factors, pivots: notes.doubles.map { Int32($0) }, rightHandSides)
        }
    }

    /// To what products with unit vectors can be.
    private func isSymmetric(rounding: Double) -> Bool {
        factors.withMutableSpan(of: Double.self) { a in
            var (largest, difference) = (0.0, 0.0)
            for i in 0..<size {
                for j in 0...i {
                    largest = max(largest, abs(a[i * size + j]))
                    difference = max(difference, abs(a[i * size + j] - a[j * size + i]))
                }
            }
            return difference <= 64 * rounding * Double(size) * largest
        }
    }
}
