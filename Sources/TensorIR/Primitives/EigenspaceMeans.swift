import Kernels

/// Values that belong to pairs of eigenvectors, averaged over eigenspaces: where eigenvalues are equal to rounding, their eigenvectors may be any basis, and
/// only the mean over the space does not depend on which.
///
/// Operands: the values, packed, and eigendecompositions as ``SymmetricEigen`` packs them. An end of the graph.
package struct EigenspaceMeans: Primitive {
    package struct Axis: Hashable, Sendable {
        /// Where its eigenvalues, ascending, begin; nil for an axis whose basis is what it is.
        package var eigenvalues: Int?
        package var size: Int
        package init(eigenvalues: Int?, size: Int) { (self.eigenvalues, self.size) = (eigenvalues, size) }
    }
    package struct Block: Hashable, Sendable {
        /// Of its values, (rows, columns).
        package var offset: Int
        package var rows: Axis
        package var columns: Axis
        package init(offset: Int, rows: Axis, columns: Axis) {
            (self.offset, self.rows, self.columns) = (offset, rows, columns)
        }
    }
    package var blocks: [Block]
    /// Within which eigenvalues count as equal, relative to the largest.
    package var tolerance: Double
    package init(_ blocks: [Block], tolerance: Double) { (self.blocks, self.tolerance) = (blocks, tolerance) }

    package var name: String { "eigenspace_means" }
    package func resultType(_ operands: [TensorType]) throws -> TensorType {
        guard operands[0].element == .float64, operands[1].element == .float64 else {
            throw GraphError.invalid(self, "\(operands[0]) and \(operands[1]) are no packed vectors of float64")
        }
        return operands[0]
    }
    package func linearize(_ node: Node, operands: [Node], tangents: [Node?], in graph: TensorGraph) throws -> Node? {
        preconditionFailure("\(name) is not differentiated")
    }
    package func kernel(_ operands: [Operand], result: Operand, accumulate: Bool) -> any Kernel {
        EigenspaceMeansKernel(
            operands[0], eigen: operands[1],
            blocks: blocks.map {
                ($0.offset, ($0.rows.eigenvalues, $0.rows.size), ($0.columns.eigenvalues, $0.columns.size))
            }, tolerance: tolerance, result: result)
    }
    package func needsContiguous(_ index: Int) -> Bool { true }
}
