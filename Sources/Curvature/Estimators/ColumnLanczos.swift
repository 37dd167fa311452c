import Kernels

/// The Lanczos process of each column of a block by itself, with full reorthogonalization, to a fixed depth; it ends earlier for a
/// column whose Krylov space is exhausted.
final class ColumnLanczos {
    struct Layout {
        var vectors: [WorkspaceLayout.Block] = []
        let y, partials, matrix, values: WorkspaceLayout.Block

        init(size: Int, width: Int, storage: Storage, depth: Int, in layout: inout WorkspaceLayout) {
            for _ in 0..<depth { vectors.append(layout.block(storage, size, width)) }
            y = layout.block(storage, size, width)
            partials = SolverBlocks.partials(size, width, in: &layout)
            matrix = layout.block(.float64, depth * depth)
            values = layout.block(.float64, depth)
        }
    }

    private let map: any LinearMap
    private let vectors: [Operand]
    private let y: Operand
    private let blocks: SolverBlocks
    private let matrix: Operand
    private let values: Operand

    init(_ map: any LinearMap, _ layout: Layout, in workspace: Workspace) {
        self.map = map
        vectors = layout.vectors.map { workspace[$0] }
        y = workspace[layout.y]
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
        (matrix, values) = (workspace[layout.matrix], workspace[layout.values])
    }

    /// Where the process starts: to be filled before `run`.
    var start: Operand { vectors[0] }
    var depth: Int { vectors.count }

    /// The quadratures of the first `count` columns of `start`. `step` is called after each application.
    func run(count: Int, step: () throws -> Void) throws -> [LanczosQuadrature] {
        let width = map.width
        let (ones, zeros) = (blocks.ones, blocks.zeros)
        let norms = blocks.norms(start)
        blocks.combine(zeros, start, norms.map { $0 > 0 ? 1 / $0 : 0 }, start)
        var alphas = [[Double]](repeating: [], count: width)
        var betas = alphas
        /// What the norm of A is at least.
        var sizes = zeros
        var isActive = norms.map { $0 > 0 }
        let rounding = map.storage == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
        for k in 0..<depth where isActive.contains(true) {
            try map.apply(vectors[k], into: y)
            var alpha = zeros
            for _ in 0..<2 {
                for l in 0...k {
                    let products = blocks.dots(vectors[l], y)
                    blocks.combine(products.map { -$0 }, vectors[l], ones, y)
                    if l == k { for j in 0..<width { alpha[j] += products[j] } }
                }
            }
            let beta = blocks.norms(y)
            var scales = zeros
            for j in 0..<width where isActive[j] {
                guard alpha[j].isFinite && beta[j].isFinite else {
                    throw ProblemError(
                        .notFinite, "lanczos: a product with the operator is NaN or infinite")
                }
                alphas[j].append(alpha[j])
                sizes[j] = max(sizes[j], abs(alpha[j]), beta[j])
                // What is left is rounding: an invariant subspace.
                if beta[j] <= 16 * rounding * sizes[j] {
                    isActive[j] = false
                } else {
                    betas[j].append(beta[j])
                    scales[j] = 1 / beta[j]
                }
            }
            if k + 1 < depth { blocks.combine(scales, y, zeros, vectors[k + 1]) }
            try step()
        }
        return try (0..<count).map { try quadrature(alphas[$0], betas[$0], squaredNorm: norms[$0] * norms[$0]) }
    }

    private func quadrature(_ alphas: [Double], _ betas: [Double], squaredNorm: Double) throws -> LanczosQuadrature {
        let order = alphas.count
        if order == 0 { return LanczosQuadrature(nodes: [], weights: []) }
        var tridiagonal = SmallMatrix(order, order)
        for k in 0..<order {
            tridiagonal[k, k] = alphas[k]
            if k + 1 < order { (tridiagonal[k, k + 1], tridiagonal[k + 1, k]) = (betas[k], betas[k]) }
        }
        let square = Operand(address: matrix.address, storage: .float64, sizes: [order, order])
        let ritz = Operand(address: values.address, storage: .float64, sizes: [order])
        square.fill(tridiagonal.values)
        try LAPACK.symmetricEigen(square, values: ritz)
        // Each row is an eigenvector; its first component is what the start sees of it.
        let vectors = SmallMatrix(order, order, square.doubles)
        return LanczosQuadrature(
            nodes: ritz.doubles, weights: (0..<order).map { squaredNorm * vectors[$0, 0] * vectors[$0, 0] })
    }
}
