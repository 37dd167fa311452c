import Kernels

@testable import Curvature

/// A matrix in memory as a linear map, and a count of its applications.
final class DenseMap: LinearMap {
    let rows: Int
    let columns: Int
    let width: Int
    let storage: Storage
    private(set) var applications = 0
    private let block: TestBlock

    init(_ matrix: DenseMatrix, width: Int = 1, storage: Storage = .float64) {
        (rows, columns) = (matrix.rows, matrix.columns)
        (self.width, self.storage) = (width, storage)
        block = TestBlock(matrix, storage)
    }

    func apply(_ x: Operand, into y: Operand) throws {
        precondition(x.sizes == [columns, width] && y.sizes == [rows, width] && x.isContiguous && y.isContiguous)
        applications += 1
        BLAS.gemm(
            storage, transposeA: false, transposeB: false, m: rows, n: width, k: columns, a: block.operand.address,
            lda: columns, b: x.address, ldb: width, beta: 0, c: y.address, ldc: width)
    }
}

/// An operand with memory of its own.
final class TestBlock {
    let memory: Memory
    let operand: Operand

    init(_ matrix: DenseMatrix, _ storage: Storage = .float64) {
        memory = Memory(byteCount: matrix.values.count * storage.byteCount)
        operand = Operand(address: memory.address, storage: storage, sizes: [matrix.rows, matrix.columns])
        operand.fill(matrix.values)
    }

    var matrix: DenseMatrix { DenseMatrix(operand.sizes[0], operand.sizes[1], operand.doubles) }
}
