import Kernels

/// What solvers, estimators and spectra know of an operator: a shape, and products with blocks in buffers that the caller
/// owns.
package protocol LinearMap: AnyObject {
    var rows: Int { get }
    var columns: Int { get }
    /// Vectors in one application: every block has just so many columns.
    var width: Int { get }
    /// float32 or float64.
    var storage: Storage { get }
    /// y = A x; x is (columns, width), y is (rows, width), row-major and contiguous.
    func apply(_ x: Operand, into y: Operand) throws
}

extension LinearMap {
    /// Throws unless the operator is square. `task` names what needs it, as "conjugate gradients".
    func requireSquare(for task: String) throws {
        guard rows == columns else {
            throw ProblemError(
                .options, "\(task): expected a square operator, found one of \(rows) x \(columns)")
        }
    }
}

extension LinearMap {
    /// Throws unless this preconditioner fits `map`.
    func requireShape(of map: any LinearMap, for task: String) throws {
        guard rows == map.rows && columns == map.columns else {
            throw ProblemError(
                .options,
                "\(task): expected a preconditioner of \(map.rows) x \(map.columns), found one of \(rows) x \(columns)")
        }
        precondition(width == map.width && storage == map.storage, "a preconditioner of another width or storage")
    }
}
