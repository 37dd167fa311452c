import Kernels

/// An orthonormal basis Q of the range of A times random vectors, one block after the other: A [w1 w2 ...] = Q R. What Hutch++, XTrace
/// and XDiag begin with.
struct SketchBasis {
    struct Layout {
        let q, x, y, panel, partials: WorkspaceLayout.Block
        let orthonormalization: BlockOrthonormalization.Layout

        init(size: Int, capacity: Int, width: Int, storage: Storage, in layout: inout WorkspaceLayout) {
            q = layout.block(.float64, size, capacity)
            x = layout.block(storage, size, width)
            y = layout.block(storage, size, width)
            panel = layout.block(.float64, size, width)
            partials = SolverBlocks.partials(size, width, in: &layout)
            orthonormalization = BlockOrthonormalization.Layout(
                size: size, capacity: capacity, width: width, in: &layout)
        }
    }

    /// (n, capacity); the first `count` columns are the basis.
    let q: Operand
    /// A block of the map's width in its storage, for whoever needs one between extensions.
    let x: Operand
    let y: Operand
    let blocks: SolverBlocks
    private(set) var count = 0
    private(set) var r: SmallMatrix
    /// Squared norms of the random vectors.
    private(set) var squaredNorms: [Double] = []
    private(set) var orthonormalization: BlockOrthonormalization

    private let map: any LinearMap
    private let distribution: ProbeBlock.Distribution
    private let seed: UInt64
    private let panel: Operand

    init(
        _ map: any LinearMap, _ layout: Layout, in workspace: Workspace, distribution: ProbeBlock.Distribution,
        seed: UInt64
    ) {
        (self.map, self.distribution, self.seed) = (map, distribution, seed)
        (q, x, y) = (workspace[layout.q], workspace[layout.x], workspace[layout.y])
        panel = workspace[layout.panel]
        blocks = SolverBlocks(rows: map.rows, width: map.width, partials: workspace[layout.partials])
        orthonormalization = BlockOrthonormalization(layout.orthonormalization, in: workspace, seed: seed)
        r = SmallMatrix(q.sizes[1], q.sizes[1])
    }

    var vectors: Operand { q.columns(0..<count) }
    var isFull: Bool { count == q.sizes[1] }

    mutating func clear() {
        count = 0
        squaredNorms = []
        r = SmallMatrix(q.sizes[1], q.sizes[1])
        orthonormalization.reset()
    }

    /// Takes the next random vectors, one application; returns the range of the new columns.
    mutating func extend() throws -> Range<Int> {
        let added = min(map.width, q.sizes[1] - count)
        fillProbes(first: count)
        squaredNorms += blocks.dots(x, x).prefix(added)
        try map.apply(x, into: y)
        let columns = Operand(address: panel.address, storage: .float64, sizes: [map.rows, added])
        ColumnCombination.copy(y.columns(0..<added), to: columns)
        let basis = vectors
        let (h, triangle) = try orthonormalization.run(columns, against: basis)
        r.set(h, at: 0, count)
        r.set(triangle, at: count, count)
        let range = count..<count + added
        ColumnCombination.copy(columns, to: q.columns(range))
        count += added
        return range
    }

    /// The random vectors from number `first` on in `x`.
    func fillProbes(first: Int) {
        ProbeBlock.fill(x, distribution, seed: seed, purpose: ProbePurpose.probe.rawValue, first: first)
    }

    /// y = M q for the columns in `range`, at most as many as a block has.
    func apply(_ map: any LinearMap, to range: Range<Int>) throws {
        blocks.load(range, of: q, into: x)
        try map.apply(x, into: y)
    }

    /// M^T w for the random vectors w of the basis, where M is (n, count).
    func probeProducts(_ m: Operand) -> SmallMatrix {
        var products = SmallMatrix(m.sizes[1], count)
        for group in blocks.groups(of: count) {
            fillProbes(first: group.lowerBound)
            products.set(orthonormalization.products(m, x.columns(0..<group.count)), at: 0, group.lowerBound)
        }
        return products
    }

    /// The unit vectors s_i in the coordinates of Q that are orthogonal to all columns of R but column i: the basis without
    /// random vector i spans what is orthogonal to Q s_i. One in each column.
    func leaveOneOutDirections() -> SmallMatrix {
        // Columns of R^-T, by substitution. A zero on R's diagonal stands for a direction that no product has; it is taken as small
        // as rounding. Only the directions count, so R may be scaled, and columns start with 1 wherever their pivot is.
        var largest = 0.0
        for i in 0..<count { largest = max(largest, abs(r[i, i])) }
        let least = largest > 0 ? largest * Double.ulpOfOne : 1
        var inverse = SmallMatrix(count, count)
        for column in 0..<count {
            inverse[column, column] = 1
            for i in column + 1..<count {
                var sum = 0.0
                for k in column..<i { sum -= r[k, i] * inverse[k, column] }
                let pivot = abs(r[i, i]) < least ? (r[i, i] < 0 ? -least : least) : r[i, i]
                inverse[i, column] = sum / pivot
                let size = abs(inverse[i, column])
                // Far from overflow.
                if size > 1e100 { for k in column...i { inverse[k, column] /= size } }
            }
            let norm = dot(inverse.column(column), inverse.column(column)).squareRoot()
            for i in 0..<count { inverse[i, column] /= norm }
        }
        return inverse
    }
}
