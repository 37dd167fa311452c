import TensorIR

/// Where the inverses of a layout's factors lie, each damped by itself, in one packed vector: behind them, how each was found.
struct InverseLayout {
    /// The factor's matrix, and the block and axis that decide about its damping.
    private(set) var matrices: [(matrix: SymmetricEigen.Matrix, block: Int, axis: Int)] = []
    private var starts: [Int] = []
    private var places: [[Int]: Int] = [:]
    var count: Int { matrices.reduce(0) { $0 + $1.matrix.size * $1.matrix.size + 1 } }

    /// - Parameter isShared: Whether a factor has the same damping in every block, so that its inverse is there once.
    init(_ layout: FactorLayout, isShared: Bool) {
        var known: [Int: Int] = [:]
        var start = 0
        for (number, block) in layout.blocks.enumerated() {
            for (axis, factor) in block.factors.enumerated() {
                guard let factor, !factor.isDiagonal else { continue }
                if isShared, let place = known[factor.offset] {
                    places[[number, axis]] = place
                    continue
                }
                known[factor.offset] = matrices.count
                places[[number, axis]] = matrices.count
                matrices.append((SymmetricEigen.Matrix(offset: factor.offset, size: factor.size), number, axis))
                starts.append(start)
                start += factor.size * factor.size
            }
        }
    }

    /// Where a block's inverse begins; nil where its factor is diagonal, or the identity.
    func start(block: Int, axis: Int) -> Int? { places[[block, axis]].map { starts[$0] } }
}

extension KroneckerProduct {
    /// The inverses of its factors.
    func inverses(_ layout: FactorLayout) -> InverseLayout {
        if case .factorInverse = mode { return InverseLayout(layout, isShared: true) }
        return InverseLayout(layout, isShared: false)
    }
}
