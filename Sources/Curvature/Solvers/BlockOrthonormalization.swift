import Kernels

/// Makes a block orthonormal, and orthogonal to a basis: W = V H + Q R. Classical Gram and Schmidt by two matrix products, then
/// Householder, the two of them twice.
///
/// Where columns of W depend on the basis or on each other, Q has random columns and R zeros in their rows: the basis grows
/// all the same, and nothing false is said of W.
struct BlockOrthonormalization {
    struct Layout {
        let coefficients, triangle, partials: WorkspaceLayout.Block

        /// - Parameter capacity: columns of the largest basis.
        init(size: Int, capacity: Int, width: Int, in layout: inout WorkspaceLayout) {
            coefficients = layout.block(.float64, max(capacity, 1), width)
            triangle = layout.block(.float64, width, width)
            partials = layout.block(
                .float64,
                max(
                    BlockProducts.partialCount(rows: size, left: max(capacity, 1), right: width),
                    ColumnDots.partialCount(rows: size, columns: width), 1))
        }
    }

    private let coefficients: Operand
    private let triangle: Operand
    private let partials: Operand
    private let seed: UInt64
    private var replacements = 0

    init(_ layout: Layout, in workspace: Workspace, seed: UInt64) {
        coefficients = workspace[layout.coefficients]
        triangle = workspace[layout.triangle]
        partials = workspace[layout.partials]
        self.seed = seed
    }

    /// Begins the stream of replacements again: the same run gives the same bits.
    mutating func reset() { replacements = 0 }

    /// - Parameters:
    ///   - panel: W (n, c), contiguous float64; becomes Q.
    ///   - basis: V (n, m), with m + c at most n.
    /// - Returns: H (m, c) and R (c, c), upper triangular.
    mutating func run(_ panel: Operand, against basis: Operand) throws -> (h: SmallMatrix, r: SmallMatrix) {
        let (size, count, columns) = (panel.sizes[0], panel.sizes[1], basis.sizes[1])
        precondition(columns + count <= size, "\(columns + count) orthonormal vectors of \(size) components")
        let largest = ColumnDots.run(panel, panel, partials: partials).map { $0.squareRoot() }.max() ?? 0
        var h = SmallMatrix(columns, count)
        var r = SmallMatrix(count, count)
        var passes = 2
        var pass = 0
        while pass < passes {
            let projections = project(panel, against: basis)
            let factor = operand(triangle, count, count)
            try LAPACK.qr(panel, r: factor)
            var step = SmallMatrix(count, count, factor.doubles)
            if pass == 0 {
                h = projections
                for j in 0..<count where !(abs(step[j, j]) > 16 * Double.ulpOfOne * largest) {
                    ProbeBlock.fill(
                        panel.columns(j..<j + 1), .gaussian, seed: seed, purpose: ProbePurpose.replacement.rawValue,
                        first: replacements)
                    replacements += 1
                    for k in 0..<count { step[j, k] = 0 }
                    // A random vector has been projected once less than the others.
                    passes = 3
                }
                r = step
            } else {
                h += projections * r
                r = step * r
            }
            pass += 1
        }
        return (h, r)
    }

    private func project(_ panel: Operand, against basis: Operand) -> SmallMatrix {
        let (count, columns) = (panel.sizes[1], basis.sizes[1])
        if columns == 0 { return SmallMatrix(0, count) }
        let c = operand(coefficients, columns, count)
        BlockProducts.transposed(basis, panel, into: c, partials: partials)
        BlockProducts.multiply(basis, c, alpha: -1, beta: 1, into: panel)
        return SmallMatrix(columns, count, c.doubles)
    }

    /// V^T x for any block x (n, c).
    func products(_ basis: Operand, _ x: Operand) -> SmallMatrix {
        let c = operand(coefficients, basis.sizes[1], x.sizes[1])
        BlockProducts.transposed(basis, x, into: c, partials: partials)
        return SmallMatrix(basis.sizes[1], x.sizes[1], c.doubles)
    }

    /// y = alpha V c + beta y for any block y (n, c).
    func combine(_ basis: Operand, _ c: SmallMatrix, alpha: Double = 1, beta: Double = 0, into y: Operand) {
        precondition(c.columns <= coefficients.sizes[1])
        let room = operand(coefficients, c.rows, c.columns)
        room.fill(c.values)
        BlockProducts.multiply(basis, room, alpha: alpha, beta: beta, into: y)
    }

    private func operand(_ room: Operand, _ rows: Int, _ columns: Int) -> Operand {
        precondition(rows * columns <= room.count)
        return Operand(address: room.address, storage: .float64, sizes: [rows, columns])
    }
}
